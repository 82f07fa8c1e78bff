import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { RevokeReason } from '../domain/events.js';
import { hasRestedTooLong } from '../domain/idle-limit.js';
import { SessionLiveness, SessionRepository, SessionSettings } from './ports.js';

/** Ends sessions, each once, with an event. When it returns, this process refuses them, and all others within a second. */
@Injectable()
export class EndSessions {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly liveness: SessionLiveness,
    private readonly settings: SessionSettings,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** At its owner's wish. */
  async signOut(sessionId: string): Promise<void> {
    await this.uow.run(async () => {
      const session = await this.sessions.findForUpdate(sessionId);
      if (session === null) return;
      session.signOut(this.clock.now());
      await this.sessions.save(session);
    });
  }

  /** `false` when there is no such session of that user that could be ended. */
  async one(userId: string, sessionId: string, reason: RevokeReason): Promise<boolean> {
    return this.uow.run(async () => {
      const now = this.clock.now();
      const session = await this.sessions.findForUpdate(sessionId);
      if (session?.state.userId !== userId || !session.isLive(now)) return false;
      session.revoke(reason, now);
      await this.sessions.save(session);
      return true;
    });
  }

  /** All of a user's, but for one that goes on. Returns how many. */
  async allOf(userId: string, reason: RevokeReason, except?: string): Promise<number> {
    return this.uow.run(async () => {
      const now = this.clock.now();
      const live = await this.sessions.findLiveForUpdate(userId, now);
      const ending = live.filter(({ state }) => state.id !== except);
      for (const session of ending) {
        session.revoke(reason, now);
        await this.sessions.save(session);
      }
      return ending.length;
    });
  }

  /** Everything that the old password opened ends, but for the session in which it was changed. */
  async afterPasswordChange(userId: string, changedIn: string | null, securityEpoch: number): Promise<void> {
    await this.uow.run(async () => {
      const now = this.clock.now();
      for (const session of await this.sessions.findLiveForUpdate(userId, now)) {
        if (session.state.id === changedIn) session.carryOver(securityEpoch);
        else session.revoke('password_changed', now);
        await this.sessions.save(session);
      }
    });
  }

  /** `false` when it was used meanwhile, or has ended already. */
  async ifIdle(sessionId: string): Promise<boolean> {
    return this.uow.run(async () => {
      const now = this.clock.now();
      const session = await this.sessions.findForUpdate(sessionId);
      if (!session?.isLive(now)) return false;
      const lastUsed = this.liveness.lastUsed(sessionId);
      if (!hasRestedTooLong(session.state, this.settings.idleTimeoutMinutes, now, lastUsed)) return false;
      session.endIdle(now);
      await this.sessions.save(session);
      return true;
    });
  }
}
