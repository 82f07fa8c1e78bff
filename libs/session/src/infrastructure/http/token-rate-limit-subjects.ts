import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { RateLimitSubjects, readBearer } from '#platform/http';

import { SessionLiveness } from '../../application/ports.js';
import { JwtAccessTokenVerifier } from '../access-token-verifier.jwt.js';

/**
 * Requests with a good token count on its user, wherever they come from: signature and times are enough for that, so
 * nothing is asked and nobody is waited for. What remembers a token is the bearer check, after the limit. A token of a
 * session that this process knows to be ended counts on the address: who stole it must not use up what its owner has.
 */
@Injectable()
export class TokenRateLimitSubjects extends RateLimitSubjects {
  constructor(
    private readonly verifier: JwtAccessTokenVerifier,
    private readonly liveness: SessionLiveness,
  ) {
    super();
  }

  override of(request: FastifyRequest): string | undefined {
    const header = readBearer(request.raw);
    const verified = header.kind === 'token' ? this.verifier.judge(header.token) : 'invalid';
    if (typeof verified !== 'object' || this.liveness.isKnownEnded(verified.sessionId)) return undefined;
    return `user:${verified.userId}`;
  }
}
