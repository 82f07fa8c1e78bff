import { Injectable, Module } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { RateLimitTrail } from '#audit-gateway';
import { ApiKeyRateLimitSubjects, IdentityModule } from '#identity';
import { RateLimitSubjects, routeTemplateOf } from '#platform/http';
import { SessionModule, TokenRateLimitSubjects } from '#session';

/**
 * The user first, then the service: a gateway calls for all of its users, and one of them must not use up what the
 * others need.
 */
@Injectable()
export class CallerRateLimitSubjects extends RateLimitSubjects {
  constructor(
    private readonly tokens: TokenRateLimitSubjects,
    private readonly keys: ApiKeyRateLimitSubjects,
    private readonly trail: RateLimitTrail,
  ) {
    super();
  }

  override of(request: FastifyRequest): string | undefined {
    return this.tokens.of(request) ?? this.keys.of(request);
  }

  override readonly refused = (subject: string, request: FastifyRequest): void => {
    this.trail.refused(subject, request.info, `${request.method} ${routeTemplateOf(request)}`);
  };
}

@Module({
  imports: [IdentityModule, SessionModule],
  providers: [CallerRateLimitSubjects],
  exports: [CallerRateLimitSubjects],
})
export class CallerRateLimitModule {}
