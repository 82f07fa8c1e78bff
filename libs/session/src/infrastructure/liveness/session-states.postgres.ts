import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';
import { Database } from '#platform/persistence';

import type { SecondFactorState } from '../../application/ports.js';
import type { EndReason } from '../../domain/events.js';
import { endedSnapshot, type SessionSnapshot } from './session-snapshot.js';

// faults-and-slo.md: what the bearer check may wait for PostgreSQL.
const PATIENCE_MS = 300;
// After a failure one read at a time finds out whether PostgreSQL is back; all others are told at once.
const PROBE_EVERY_MS = 250;
const LARGEST_BATCH = 500;
const READS_AT_ONCE = 2;
// Reads that nobody waits for any more hold a connection each until PostgreSQL answers.
const MOST_LATE = 4;

interface Row {
  readonly id: string;
  readonly user_id: string;
  readonly remember_me: boolean;
  readonly last_seen_at: Date;
  readonly expires_at: Date;
  readonly revoke_reason: EndReason | null;
  readonly account_current: boolean;
  readonly roles: string[];
  readonly account_version: number;
  readonly second_factor: SecondFactorState;
}

const READ = `
  SELECT s.id, s.user_id, s.remember_me, s.last_seen_at, s.expires_at, s.revoke_reason,
         a.active AND a.security_epoch = s.epoch AS account_current, a.roles, a.version AS account_version,
         CASE WHEN NOT a.mfa_enabled THEN 'none' WHEN s.acr = '1' THEN 'owed' ELSE 'proven' END AS second_factor
    FROM user_service.sessions s JOIN user_service.account_states a ON a.id = s.user_id
   WHERE s.id = ANY ($1::uuid[])`;

interface Waiting {
  readonly resolve: (snapshot: SessionSnapshot) => void;
  readonly reject: (error: unknown) => void;
  readonly late: (snapshot: SessionSnapshot) => void;
}

type StateOf = (sessionId: string) => SessionSnapshot;
type Batch = readonly (readonly [sessionId: string, waiting: readonly Waiting[]])[];

class OutOfPatience extends Error {}

/** PostgreSQL did not say in time what it knows of a session. */
export class SessionStatesUnreadable extends Error {
  constructor(options?: { cause?: unknown }) {
    super('The states of sessions cannot be read', options);
    this.name = 'SessionStatesUnreadable';
  }
}

/**
 * Reads session states, all that are asked for in one turn of the event loop with one statement: a thousand sessions
 * cost PostgreSQL not much more than one.
 */
@Injectable()
export class PostgresSessionStates {
  readonly #waiting = new Map<string, Waiting[]>();
  #reading = 0;
  #late = 0;
  #scheduled = false;
  #brokenUntil = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Rejects with `SessionStatesUnreadable` after 300 ms at the latest, at once while PostgreSQL is known not to answer.
   * What it says after those 300 ms is told to `late`: slow is not down, and an end is worth knowing at any time.
   */
  read(sessionId: string, late: (snapshot: SessionSnapshot) => void): Promise<SessionSnapshot> {
    if (performance.now() < this.#brokenUntil || this.#late >= MOST_LATE) {
      return Promise.reject(new SessionStatesUnreadable());
    }
    return new Promise((resolve, reject) => {
      const others = this.#waiting.get(sessionId);
      const waiting = { resolve, reject, late };
      if (others === undefined) this.#waiting.set(sessionId, [waiting]);
      else others.push(waiting);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.#scheduled || this.#reading >= READS_AT_ONCE || this.#waiting.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.readBatch();
    });
  }

  private async readBatch(): Promise<void> {
    const batch = [...this.#waiting].slice(0, LARGEST_BATCH);
    // Whoever waited was told meanwhile that PostgreSQL does not answer.
    if (batch.length === 0) return;
    for (const [id] of batch) this.#waiting.delete(id);
    this.#reading += 1;
    const answer = this.query(batch);
    try {
      const stateOf = await withPatience(answer);
      this.#brokenUntil = -Infinity;
      for (const [id, waiting] of batch) for (const { resolve } of waiting) resolve(stateOf(id));
    } catch (error) {
      if (error instanceof OutOfPatience) void this.listen(batch, answer);
      this.giveUp(batch, new SessionStatesUnreadable({ cause: error }));
    } finally {
      this.#reading -= 1;
      this.schedule();
    }
  }

  private giveUp(batch: Batch, error: SessionStatesUnreadable): void {
    this.#brokenUntil = performance.now() + PROBE_EVERY_MS;
    for (const [, waiting] of [...batch, ...this.#waiting]) for (const { reject } of waiting) reject(error);
    this.#waiting.clear();
  }

  private async listen(batch: Batch, answer: Promise<StateOf>): Promise<void> {
    this.#late += 1;
    try {
      const stateOf = await answer;
      this.#brokenUntil = -Infinity;
      for (const [id, waiting] of batch) for (const { late } of waiting) late(stateOf(id));
    } catch {
      // Nobody waits for it.
    } finally {
      this.#late -= 1;
    }
  }

  private async query(batch: Batch): Promise<StateOf> {
    const readAt = this.clock.now().getTime();
    const rows = await this.database.query<Row>(READ, [batch.map(([id]) => id)]);
    const found = new Map(rows.map((row) => [row.id, snapshotOf(row, readAt)]));
    return (id) => found.get(id) ?? endedSnapshot(readAt);
  }
}

function snapshotOf(row: Row, readAt: number): SessionSnapshot {
  return {
    userId: row.user_id,
    state: stateOf(row),
    rememberMe: row.remember_me,
    lastSeenAt: row.last_seen_at.getTime(),
    expiresAt: row.expires_at.getTime(),
    roles: row.roles,
    accountVersion: row.account_version,
    secondFactor: row.second_factor,
    readAt,
  };
}

function stateOf({ revoke_reason, account_current }: Row): SessionSnapshot['state'] {
  if (revoke_reason !== null) return revoke_reason === 'idle' ? 'ended_idle' : 'ended';
  // A disabled account may be enabled again, and its epoch, raised by hand, be lowered.
  return account_current ? 'open' : 'suspended';
}

async function withPatience<T>(work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    // Answers that have arrived are read before this runs: PostgreSQL is not slow when this process was busy.
    setImmediate(() => {
      reject(new OutOfPatience());
    });
  }, PATIENCE_MS);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
