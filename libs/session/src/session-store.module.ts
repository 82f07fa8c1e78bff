import { Module } from '@nestjs/common';

import { EndSessions } from './application/end-sessions.js';
import { SessionLiveness, SessionRepository } from './application/ports.js';
import { RevokeSessions } from './application/revoke-sessions.js';
import { SessionQueries } from './application/session-queries.js';
import { PostgresSessionActivity } from './infrastructure/liveness/session-activity.postgres.js';
import { CachedSessionLiveness } from './infrastructure/liveness/session-liveness.cached.js';
import { PostgresSessionStates } from './infrastructure/liveness/session-states.postgres.js';
import { RedisSessionStates } from './infrastructure/liveness/session-states.redis.js';
import { PostgresSessionQueries } from './infrastructure/persistence/session.queries.postgres.js';
import { TypeOrmSessionRepository } from './infrastructure/persistence/session.repository.typeorm.js';

/** Sessions as they are kept, and how they end, without anything that opens one: all that an operator's command needs. */
@Module({
  providers: [
    EndSessions,
    RevokeSessions,
    PostgresSessionActivity,
    PostgresSessionStates,
    RedisSessionStates,
    { provide: SessionRepository, useClass: TypeOrmSessionRepository },
    { provide: SessionQueries, useClass: PostgresSessionQueries },
    { provide: SessionLiveness, useClass: CachedSessionLiveness },
  ],
  exports: [EndSessions, RevokeSessions, SessionRepository, SessionQueries, SessionLiveness],
})
export class SessionStoreModule {}
