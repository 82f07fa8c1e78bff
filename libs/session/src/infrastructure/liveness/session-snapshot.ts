import type { SecondFactorState, SessionStanding } from '../../application/ports.js';
import { hasRestedTooLong } from '../../domain/idle-limit.js';

/** A session as PostgreSQL had it at one moment, without anything personal. Times in milliseconds since the epoch. */
export interface SessionSnapshot {
  readonly userId: string;
  /**
   * `ended` stands for a session that never was, too. `suspended`: it has not ended, but its account does not let it be
   * used as it is now, which may change.
   */
  readonly state: 'open' | 'suspended' | 'ended' | 'ended_idle';
  readonly rememberMe: boolean;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly roles: readonly string[];
  readonly accountVersion: number;
  readonly secondFactor: SecondFactorState;
  /** When it was asked for. */
  readonly readAt: number;
}

/** Whether it never becomes anything else again. */
export function isEnd({ state }: SessionSnapshot): boolean {
  return state === 'ended' || state === 'ended_idle';
}

/** @param lastUsed in milliseconds, 0 when nothing is known but what the snapshot says */
export function standingAt(
  snapshot: SessionSnapshot,
  idleMinutes: number,
  now: number,
  lastUsed: number,
): SessionStanding['state'] {
  if (snapshot.state === 'suspended') return 'ended';
  if (snapshot.state !== 'open') return snapshot.state;
  if (snapshot.expiresAt <= now) return 'ended';
  const resting = { rememberMe: snapshot.rememberMe, lastSeenAt: new Date(Math.max(snapshot.lastSeenAt, lastUsed)) };
  return hasRestedTooLong(resting, idleMinutes, new Date(now)) ? 'idle' : 'live';
}

export function endedSnapshot(readAt: number, state: 'ended' | 'ended_idle' = 'ended'): SessionSnapshot {
  return {
    userId: '',
    state,
    rememberMe: false,
    lastSeenAt: 0,
    expiresAt: 0,
    roles: [],
    accountVersion: 0,
    secondFactor: 'none',
    readAt,
  };
}
