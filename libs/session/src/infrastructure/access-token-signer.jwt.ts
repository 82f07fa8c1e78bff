import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';

import { Ids } from '#kernel';

import { AccessTokenSigner, type AccessTokenSubject } from '../application/ports.js';
import { AccessTokenKey } from './access-token-key.js';
import { AccessTokenSettings, ALGORITHM, TOKEN_TYPE } from './access-token.settings.js';

/** RFC 9068 access tokens. They carry identifiers, roles and how the user authenticated: no personal data. */
@Injectable()
export class JwtAccessTokenSigner extends AccessTokenSigner {
  constructor(
    private readonly jwt: JwtService,
    private readonly key: AccessTokenKey,
    private readonly settings: AccessTokenSettings,
    private readonly ids: Ids,
  ) {
    super();
  }

  sign(subject: AccessTokenSubject, now: Date): string {
    const iat = Math.floor(now.getTime() / 1000);
    const { issuer, audience, minutes } = this.settings;
    const claims = {
      iss: issuer,
      aud: audience,
      sub: subject.userId,
      sid: subject.sessionId,
      jti: this.ids.uuid(),
      iat,
      exp: iat + minutes * 60,
      auth_time: Math.floor(subject.authTime.getTime() / 1000),
      amr: subject.amr,
      acr: subject.acr,
      roles: subject.roles,
    };
    const header = { alg: ALGORITHM, typ: TOKEN_TYPE, kid: this.key.kid };
    // An HMAC takes microseconds; the asynchronous form would only add turns of the event loop.
    return this.jwt.sign(claims, { algorithm: ALGORITHM, header });
  }
}
