import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { RateLimitSubjects, readBearer } from '#platform/http';

import { JwtAccessTokenVerifier } from '../access-token-verifier.jwt.js';

/**
 * Requests with a good token count on its user, wherever they come from: signature and times are enough for that, so
 * nothing is asked and nobody is waited for. What remembers a token is the bearer check, after the limit.
 */
@Injectable()
export class TokenRateLimitSubjects extends RateLimitSubjects {
  constructor(private readonly verifier: JwtAccessTokenVerifier) {
    super();
  }

  override of(request: FastifyRequest): string | undefined {
    const header = readBearer(request.raw);
    const verified = header.kind === 'token' ? this.verifier.judge(header.token) : 'invalid';
    return typeof verified === 'object' ? `user:${verified.userId}` : undefined;
  }
}
