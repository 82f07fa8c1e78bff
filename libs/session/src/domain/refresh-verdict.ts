import type { EndReason } from './events.js';
import { hasRestedTooLong } from './idle-limit.js';

/** A refresh token as it was found, with its session and account. */
export interface PresentedToken {
  readonly sessionId: string;
  readonly userId: string;
  readonly generation: number;
  /** Which of the partitions it is in; the session's end says whether it has expired. */
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  /** For how many milliseconds PostgreSQL has been back, where it was started after the token was spent. */
  readonly backForMs: number | null;
  /** What its successor was derived with, once it is spent. */
  readonly nonce: string | null;
  readonly successorUsed: boolean;
  readonly session: {
    readonly epoch: number;
    readonly amr: readonly string[];
    readonly acr: string;
    readonly authTime: Date;
    readonly rememberMe: boolean;
    readonly lastSeenAt: Date;
    readonly expiresAt: Date;
    readonly revokeReason: EndReason | null;
  };
  readonly account: {
    /** Active, and of the epoch that the session counts under. */
    readonly current: boolean;
    readonly version: number;
  };
}

export interface RefreshRules {
  readonly idleTimeoutMinutes: number;
  /** For how long a spent token still gets its successor: seconds. */
  readonly refreshGraceSeconds: number;
}

/**
 * `rotate`: its successor is due. `repeat`: its successor was made a moment ago and nobody has used it: a lost answer,
 * a second tab, a retry. `reused`: somebody has a copy (RFC 9700 §4.14.2).
 */
export type RefreshVerdict =
  'rotate' | 'repeat' | 'reused' | 'expired' | 'session_ended' | 'ended_idle' | 'account_changed' | 'idle';

/** @param lastUsed when the session was, as far as is known besides what is stored */
export function judgeRefresh(
  token: PresentedToken,
  rules: RefreshRules,
  now: Date,
  lastUsed: Date | null,
): RefreshVerdict {
  const { session, account, usedAt } = token;
  // The tokens of a session that ended in good order are simply dead.
  if (session.revokeReason === 'idle') return 'ended_idle';
  if (session.revokeReason !== null) return 'session_ended';
  if (token.expiresAt <= now || session.expiresAt <= now) return 'expired';
  if (!account.current) return 'account_changed';
  if (hasRestedTooLong(session, rules.idleTimeoutMinutes, now, lastUsed)) return 'idle';
  if (usedAt === null) return 'rotate';
  return isInGrace(token, usedAt, rules, now) && successorWaits(token) ? 'repeat' : 'reused';
}

function isInGrace(token: PresentedToken, usedAt: Date, rules: RefreshRules, now: Date): boolean {
  return wasJustUsed(usedAt, rules, now) || isJustBack(token, rules);
}

// Where there is no grace, there is none either for a clock that is behind the one which spent the token.
function wasJustUsed(usedAt: Date, { refreshGraceSeconds }: RefreshRules, now: Date): boolean {
  return refreshGraceSeconds > 0 && now.getTime() - usedAt.getTime() < refreshGraceSeconds * 1_000;
}

// An answer that was lost when PostgreSQL went away can be asked for again once it is back, however long that takes.
function isJustBack({ backForMs }: PresentedToken, { refreshGraceSeconds }: RefreshRules): boolean {
  return backForMs !== null && backForMs < refreshGraceSeconds * 1_000;
}

function successorWaits({ nonce, successorUsed }: PresentedToken): boolean {
  return nonce !== null && !successorUsed;
}
