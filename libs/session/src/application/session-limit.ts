import { Injectable } from '@nestjs/common';

import { hasRestedTooLong } from '../domain/idle-limit.js';
import type { Session } from '../domain/session.js';
import { SessionLiveness, SessionNotices, SessionRepository, SessionSettings, type SignedInUser } from './ports.js';

/** Keeps every user within as many sessions as one may have. */
@Injectable()
export class SessionLimit {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly liveness: SessionLiveness,
    private readonly settings: SessionSettings,
    private readonly notices: SessionNotices,
  ) {}

  /**
   * Adds a session; where there are too many, the least recently used go first. Inside of a unit of work that holds
   * the account, so that no two sign-ins count at the same time.
   */
  async admit(session: Session, user: SignedInUser, now: Date): Promise<void> {
    await this.makeRoom(user, now);
    await this.sessions.add(session);
  }

  private async makeRoom(user: SignedInUser, now: Date): Promise<void> {
    const { maxConcurrent, idleTimeoutMinutes } = this.settings;
    const live: Session[] = [];
    for (const session of await this.sessions.findLiveForUpdate(user.id, now)) {
      if (hasRestedTooLong(session.state, idleTimeoutMinutes, now, this.liveness.lastUsed(session.state.id))) {
        session.endIdle(now);
        await this.sessions.save(session);
      } else {
        live.push(session);
      }
    }
    live.sort((one, other) => this.lastUse(one) - this.lastUse(other));
    for (const session of live.slice(0, Math.max(0, live.length - maxConcurrent + 1))) {
      session.evict(now);
      await this.sessions.save(session);
      await this.notices.evicted(user, session);
    }
  }

  // What is stored may be a minute old.
  private lastUse({ state }: Session): number {
    const known = this.liveness.lastUsed(state.id)?.getTime() ?? 0;
    return Math.max(known, state.lastSeenAt.getTime());
  }
}
