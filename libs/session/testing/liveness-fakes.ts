import type { Clock } from '#kernel';

import type { PostgresSessionActivity } from '../src/infrastructure/liveness/session-activity.postgres.js';
import type { SessionSnapshot } from '../src/infrastructure/liveness/session-snapshot.js';
import {
  SessionStatesUnreadable,
  type PostgresSessionStates,
} from '../src/infrastructure/liveness/session-states.postgres.js';
import type { RedisSessionStates } from '../src/infrastructure/liveness/session-states.redis.js';
import { after, NOW, USER_ID } from './builders.js';

/** An open session as it was read at `NOW`, but for what `changes` names. */
export function aSnapshot(changes: Partial<SessionSnapshot> = {}): SessionSnapshot {
  return {
    userId: USER_ID,
    state: 'open',
    rememberMe: false,
    lastSeenAt: NOW.getTime(),
    expiresAt: after({ days: 30 }).getTime(),
    roles: ['user'],
    accountVersion: 1,
    secondFactor: 'none',
    readAt: NOW.getTime(),
    ...changes,
  };
}

/** The time of Jest's fake timers. */
export const timerClock: Clock = { now: () => new Date() };

/** PostgreSQL as a test wants it: `stored` is what it knows; while it is `down` it says nothing. */
export class FakeStates {
  stored: Partial<SessionSnapshot> = {};
  down = false;
  reads = 0;
  /** Held back until this settles. */
  delay: Promise<unknown> = Promise.resolve();
  /** Says what is stored now, after nobody waited for it any more. */
  answerLate: (() => void) | undefined;

  async read(_sessionId: string, late: (snapshot: SessionSnapshot) => void): Promise<SessionSnapshot> {
    this.reads += 1;
    const { down } = this;
    const snapshot = aSnapshot({ readAt: Date.now(), ...this.stored });
    this.answerLate = () => {
      late({ ...snapshot, ...this.stored });
    };
    await this.delay;
    if (down) throw new SessionStatesUnreadable();
    return snapshot;
  }

  get port(): PostgresSessionStates {
    return this as unknown as PostgresSessionStates;
  }
}

/** Redis as a test wants it: it keeps what it is given, says nothing while it is `down`, and may not be there at all. */
export class FakeShared {
  value: SessionSnapshot | null = null;
  configured = true;
  down = false;
  readonly kept: SessionSnapshot[] = [];
  readonly told: string[] = [];
  reads = 0;
  /** A message that a session ended arrives. */
  hear: (sessionId: string) => void = () => undefined;

  async read(): Promise<SessionSnapshot | null | undefined> {
    this.reads += 1;
    return this.down || !this.configured ? undefined : this.value;
  }

  keep(_sessionId: string, snapshot: SessionSnapshot): void {
    this.kept.push(snapshot);
    if (!this.down && this.configured) this.value = snapshot;
  }

  tellEnded(sessionId: string): void {
    this.told.push(sessionId);
  }

  onEnded(listener: (sessionId: string) => void): void {
    this.hear = listener;
  }

  get port(): RedisSessionStates {
    return this as unknown as RedisSessionStates;
  }
}

export class FakeActivity {
  readonly notes: number[] = [];

  note(_sessionId: string, seenAt: number): void {
    this.notes.push(seenAt);
  }

  get port(): PostgresSessionActivity {
    return this as unknown as PostgresSessionActivity;
  }
}
