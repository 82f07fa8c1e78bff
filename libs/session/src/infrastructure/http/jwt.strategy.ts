import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-jwt';

import { readBearer } from '#platform/http';

import { AccessTokenVerifier, type VerifiedToken } from '../../application/ports.js';
import { TokenExpired, TokenInvalid } from '../../domain/errors.js';

type Done = (fault: Error | null, verified?: VerifiedToken) => void;

/** Stands in for jsonwebtoken, which knows no EdDSA. What passport-jwt calls the key is the verifier of the instance. */
function verify(token: string, verifier: AccessTokenVerifier, _options: unknown, done: Done): void {
  const verified = verifier.verify(token);
  if (typeof verified === 'object') done(null, verified);
  else done(verified === 'expired' ? new TokenExpired() : new TokenInvalid());
}

// The strategy's own seam; it is one for the whole process, so nothing of an instance is kept in it.
(Strategy as unknown as { JwtVerifier: typeof verify }).JwtVerifier = verify;

/** Where a bearer token is in a request (RFC 6750 §2.1), and whether it is one of ours. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(verifier: AccessTokenVerifier) {
    super({
      jwtFromRequest: (request: unknown) => {
        const header = readBearer((request as FastifyRequest).raw);
        return header.kind === 'token' ? header.token : null;
      },
      secretOrKeyProvider: (_request: unknown, _token: unknown, done: (error: unknown, key?: never) => void) => {
        done(null, verifier as never);
      },
    });
  }

  /**
   * Passport hangs the ways out (`success`, `fail`, …) onto the strategy that it is given, and this one is given for all
   * requests. Nest waits for `validate`, and whoever came in that time would take the way out of the one before: two
   * people would change places. So each request takes its own ways with it.
   */
  override authenticate(...request: Parameters<Strategy['authenticate']>): void {
    const own = Object.assign(Object.create(this) as this, this);
    super.authenticate.apply(own, request);
  }

  validate(verified: VerifiedToken): VerifiedToken {
    return verified;
  }
}
