import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';

import { hasRestedTooLong } from '../domain/idle-limit.js';
import { pageOf, type Page, type PageRequest } from './newest-first.js';
import { SessionLiveness, SessionSettings } from './ports.js';
import { SessionQueries, type SessionSummary } from './session-queries.js';

/** Where a user is signed in. */
@Injectable()
export class ListSessions {
  constructor(
    private readonly queries: SessionQueries,
    private readonly liveness: SessionLiveness,
    private readonly settings: SessionSettings,
    private readonly clock: Clock,
  ) {}

  /** Most recently used first, those that have rested for too long not at all. */
  async execute(userId: string, page: PageRequest): Promise<Page<SessionSummary>> {
    const now = this.clock.now();
    const { idleTimeoutMinutes } = this.settings;
    const stored = await this.queries.liveOf(userId, now);
    const live = stored
      .map((session) => this.withLastUse(session))
      .filter((session) => !hasRestedTooLong(session, idleTimeoutMinutes, now));
    return pageOf(live, ({ lastSeenAt, id }) => ({ at: lastSeenAt, key: id }), page);
  }

  // What is stored may be a minute old.
  private withLastUse(session: SessionSummary): SessionSummary {
    const lastUsed = this.liveness.lastUsed(session.id);
    return lastUsed === null || lastUsed <= session.lastSeenAt ? session : { ...session, lastSeenAt: lastUsed };
  }
}
