import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy, type SecretOrKeyProvider } from 'passport-jwt';

import { readBearer, type Principal } from '#platform/http';

import { CheckAccess } from '../../application/check-access.js';
import { AccessTokenKey } from '../access-token-key.js';
import { AccessTokenSettings, ALGORITHM, CLOCK_SKEW_S, TOKEN_TYPE } from '../access-token.settings.js';
import { readClaims } from './access-token-claims.js';

interface JoseHeader {
  readonly alg?: unknown;
  readonly typ?: unknown;
  readonly kid?: unknown;
  readonly crit?: unknown;
}

function headerOf(token: string): JoseHeader {
  const decoded: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8'));
  return typeof decoded === 'object' && decoded !== null ? decoded : {};
}

// The header of a token is an attacker's text: it chooses among known keys and nothing more (RFC 8725 §3.1, §3.10,
// §3.11). `jku`, `jwk`, `x5u` and `x5c` are never looked at, and there is no critical extension we understand.
function keyFor(key: AccessTokenKey): SecretOrKeyProvider {
  return (_request: unknown, token: string, done: (error: unknown, key?: never) => void): void => {
    try {
      const { alg, typ, kid, crit } = headerOf(token);
      const known = kid === key.kid && alg === ALGORITHM && typ === TOKEN_TYPE && crit === undefined;
      if (known) done(null, key.key as never);
      else done(new Error('Not one of our tokens'));
    } catch {
      done(new Error('Not a token'));
    }
  };
}

// The strategy hands a tolerance on in this way only; its types call the member deprecated for the other settings in it.
const CLOCK = { jsonWebTokenOptions: { clockTolerance: CLOCK_SKEW_S } };

/** The bearer check (RFC 6750): signature and claims here, the life of the session by `CheckAccess`. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(
    key: AccessTokenKey,
    settings: AccessTokenSettings,
    private readonly checkAccess: CheckAccess,
  ) {
    super({
      jwtFromRequest: (request: unknown) => {
        const header = readBearer((request as FastifyRequest).raw);
        return header.kind === 'token' ? header.token : null;
      },
      secretOrKeyProvider: keyFor(key),
      algorithms: [ALGORITHM],
      issuer: settings.issuer,
      audience: settings.audience,
      ...CLOCK,
    });
  }

  async validate(payload: Readonly<Record<string, unknown>>): Promise<Principal> {
    const { sub, sid, roles, auth_time, amr, acr } = readClaims(payload);
    await this.checkAccess.execute(sid);
    return { userId: sub, sessionId: sid, roles, authTime: auth_time, amr, acr };
  }
}
