import { Injectable } from '@nestjs/common';

import { hasRestedTooLong } from '../domain/idle-limit.js';
import type { Session } from '../domain/session.js';
import { SessionLiveness, SessionNotices, SessionRepository, SessionSettings, type SignedInUser } from './ports.js';

const HOUR_MS = 3_600_000;
// As of every kind of mail: a program that signs in all day must not fill its owner's mailbox.
const NOTICES_AN_HOUR = 3;

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
    await this.evict(live.slice(0, Math.max(0, live.length - maxConcurrent + 1)), user, now);
  }

  private async evict(leaving: readonly Session[], user: SignedInUser, now: Date): Promise<void> {
    if (leaving.length === 0) return;
    const since = new Date(now.getTime() - HOUR_MS);
    let told = await this.sessions.countEvicted(user.id, since, NOTICES_AN_HOUR);
    for (const session of leaving) {
      session.evict(now);
      await this.sessions.save(session);
      if (told < NOTICES_AN_HOUR) await this.notices.evicted(user, session);
      told += 1;
    }
  }

  // What is stored may be a minute old.
  private lastUse({ state }: Session): number {
    const known = this.liveness.lastUsed(state.id)?.getTime() ?? 0;
    return Math.max(known, state.lastSeenAt.getTime());
  }
}
