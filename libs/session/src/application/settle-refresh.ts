import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';

import { RefreshInvalid, RefreshReused, SessionIdleTimeout } from '../domain/errors.js';
import type { Refreshed, RefreshRejected, RefreshRejection } from '../domain/events.js';
import { hasRestedTooLong } from '../domain/idle-limit.js';
import { judgeRefresh, type PresentedToken, type RefreshVerdict } from '../domain/refresh-verdict.js';
import type { Session } from '../domain/session.js';
import { SessionLiveness, SessionNotices, SessionRepository, SessionSettings } from './ports.js';

type Refusal = Exclude<RefreshVerdict, 'rotate' | 'repeat'>;

const REJECTION: Readonly<Record<Exclude<Refusal, 'reused'>, RefreshRejection>> = {
  expired: 'expired',
  session_ended: 'session_ended',
  ended_idle: 'idle',
  idle: 'idle',
  account_changed: 'account_changed',
};

/** Whether a refresh spends a token, and what it leaves behind when it spends none: a trace, and the end of the session where that is due. */
@Injectable()
export class SettleRefresh {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly liveness: SessionLiveness,
    private readonly settings: SessionSettings,
    private readonly notices: SessionNotices,
    private readonly uow: UnitOfWork,
  ) {}

  /** What becomes of a token, by what is stored and when this process saw its session used. */
  judge(presented: PresentedToken, now: Date): RefreshVerdict {
    return judgeRefresh(presented, this.settings, now, this.liveness.lastUsed(presented.sessionId));
  }

  /** A lost answer was given once more. */
  async repeated(event: Refreshed): Promise<void> {
    await this.uow.tell(event);
  }

  /** Throws `RefreshInvalid`. */
  async unknown(now: Date): Promise<never> {
    await this.uow.tell(rejected(null, 'unknown', now));
    throw new RefreshInvalid();
  }

  /**
   * Throws `RefreshInvalid`, `RefreshReused`, `SessionIdleTimeout`. `null` when the session is no longer what it was
   * judged by, so that it has to be looked at again.
   */
  async refuse(presented: PresentedToken, refusal: Refusal, now: Date): Promise<null> {
    // Refusals leave a trace, so they commit and are thrown afterwards.
    const stands = await this.uow.run(() => this.settle(presented, refusal, now));
    if (!stands) return null;
    if (refusal === 'reused') throw new RefreshReused();
    throw refusal === 'idle' || refusal === 'ended_idle' ? new SessionIdleTimeout() : new RefreshInvalid();
  }

  private async settle(presented: PresentedToken, refusal: Refusal, now: Date): Promise<boolean> {
    if (refusal === 'reused' || refusal === 'idle' || refusal === 'account_changed') {
      const session = await this.sessions.findForUpdate(presented.sessionId);
      if (!session?.isLive(now)) return false;
      if (!this.end(session, presented, refusal, now)) return false;
      await this.sessions.save(session);
      if (refusal === 'reused') await this.notices.refreshReused(session);
    }
    if (refusal !== 'reused') this.uow.record(rejected(presented, REJECTION[refusal], now));
    return true;
  }

  /** `false` when the reason to end it is gone. */
  private end(
    session: Session,
    { generation }: PresentedToken,
    refusal: 'reused' | 'idle' | 'account_changed',
    now: Date,
  ): boolean {
    if (refusal === 'reused') session.endForReuse(generation, now);
    else if (refusal === 'account_changed') session.revoke('account_changed', now);
    else if (this.hasRested(session, now)) session.endIdle(now);
    else return false;
    return true;
  }

  private hasRested({ state }: Session, now: Date): boolean {
    return hasRestedTooLong(state, this.settings.idleTimeoutMinutes, now, this.liveness.lastUsed(state.id));
  }
}

function rejected(presented: PresentedToken | null, reason: RefreshRejection, occurredAt: Date): RefreshRejected {
  const { userId = null, sessionId = null } = presented ?? {};
  return { type: 'session.refresh_rejected', userId, occurredAt, data: { sessionId, reason } };
}
