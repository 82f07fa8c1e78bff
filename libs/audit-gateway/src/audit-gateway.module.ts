import { Global, Module } from '@nestjs/common';

import { AuditEncoder } from '#platform/outbox';

import { Announce, ToldFacts } from './application/announce.js';
import { DeadLetters } from './application/dead-letters.js';
import { DiscardDeadLetter } from './application/discard-dead-letter.js';
import { RetryDeadLetter } from './application/retry-dead-letter.js';
import { CloudEventEncoder } from './infrastructure/cloud-event.encoder.js';
import { PostgresDeadLetters } from './infrastructure/persistence/dead-letters.postgres.js';
import { RateLimitTrail } from './infrastructure/rate-limit-trail.js';
import { PostgresToldFacts } from './infrastructure/told-facts.postgres.js';
import { DrainLegacyTrail, LegacyTrail } from './application/drain-legacy-trail.js';
import { PostgresLegacyTrail } from './infrastructure/persistence/legacy-trail.postgres.js';

/** That it can be proven: what every event becomes before it leaves. */
@Global()
@Module({
  providers: [
    { provide: AuditEncoder, useClass: CloudEventEncoder },
    { provide: DeadLetters, useClass: PostgresDeadLetters },
    { provide: ToldFacts, useClass: PostgresToldFacts },
    RetryDeadLetter,
    DiscardDeadLetter,
    Announce,
    RateLimitTrail,
    DrainLegacyTrail,
    { provide: LegacyTrail, useClass: PostgresLegacyTrail },
  ],
  exports: [AuditEncoder, DrainLegacyTrail, DeadLetters, RetryDeadLetter, DiscardDeadLetter, Announce, RateLimitTrail],
})
export class AuditGatewayModule {}
