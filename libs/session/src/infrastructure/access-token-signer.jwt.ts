import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';

import { Ids } from '#kernel';

import { AccessTokenSigner, type AccessTokenSubject } from '../application/ports.js';
import { AccessTokenKeys } from './access-token-keys.js';
import { AccessTokenSettings, TOKEN_TYPE } from './access-token.settings.js';

/** RFC 9068 access tokens. They carry identifiers, roles and how the user authenticated: no personal data. */
@Injectable()
export class JwtAccessTokenSigner extends AccessTokenSigner {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: AccessTokenKeys,
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
    const { kid, alg } = this.keys.signing;
    const header = { alg, typ: TOKEN_TYPE, kid };
    // A signature takes microseconds; the asynchronous form would only add turns of the event loop.
    if (alg === 'HS512') return this.jwt.sign(claims, { algorithm: alg, header });
    // jsonwebtoken, which JwtService stands on, knows no EdDSA.
    const input = `${encode(header)}.${encode(claims)}`;
    return `${input}.${this.keys.signing.sign(input).toString('base64url')}`;
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
