import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';

import { SessionIdleTimeout, SessionRevoked } from '../domain/errors.js';
import { EndSessions } from './end-sessions.js';
import { RefusedTokens } from './note-refused-token.js';
import { SessionLiveness, type SessionStanding } from './ports.js';

/** The second half of the bearer check: the signature said who, this says whether they are still here. */
@Injectable()
export class CheckAccess {
  constructor(
    private readonly liveness: SessionLiveness,
    private readonly ends: EndSessions,
    private readonly clock: Clock,
    private readonly refusals: RefusedTokens,
  ) {}

  /**
   * Answers without a promise when this process knows the session: it is asked on every request.
   *
   * Throws `SessionRevoked`, `SessionIdleTimeout`, `SessionStateUnavailable`.
   */
  execute(sessionId: string, userId?: string): SessionStanding | Promise<SessionStanding> {
    const standing = this.liveness.standingOf(sessionId, this.clock.now());
    if (standing instanceof Promise) return standing.then((known) => this.admit(sessionId, userId, known));
    return this.admit(sessionId, userId, standing);
  }

  private admit(
    sessionId: string,
    userId: string | undefined,
    standing: SessionStanding,
  ): SessionStanding | Promise<SessionStanding> {
    switch (standing.state) {
      case 'live':
        return standing;
      case 'ended':
        this.note(sessionId, userId, 'session_revoked');
        throw new SessionRevoked();
      case 'ended_idle':
        this.note(sessionId, userId, 'session_idle_timeout');
        throw new SessionIdleTimeout();
      case 'idle':
        return this.endIdle(sessionId);
    }
  }

  /** One who is thrown out for idling here and now has their event already: that of the session's end. */
  private note(
    sessionId: string,
    userId: string | undefined,
    reason: 'session_revoked' | 'session_idle_timeout',
  ): void {
    if (userId !== undefined) this.refusals.refused(userId, sessionId, reason);
  }

  private async endIdle(sessionId: string): Promise<SessionStanding> {
    if (await this.ends.ifIdle(sessionId)) throw new SessionIdleTimeout();
    // Somebody used it or ended it between the two looks: the next one says which.
    const standing = await this.liveness.standingOf(sessionId, this.clock.now());
    if (standing.state === 'live') return standing;
    throw standing.state === 'ended' ? new SessionRevoked() : new SessionIdleTimeout();
  }
}
