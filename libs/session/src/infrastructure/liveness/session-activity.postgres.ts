import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { ACTIVITY_GRAIN_MS } from '../../domain/idle-limit.js';

const FLUSH_AFTER_MS = 500;
const RETRY_AFTER_MS = 2_000;
const LARGEST_BATCH = 1_000;
// While PostgreSQL is away no more is remembered than this; a session that is used again is noted again.
const MOST_WAITING = 20_000;

// Once a minute for each session, however many instances see it used. Rows that somebody else holds are being refreshed or ended right now, and need no note. In the order of their ids, so
// that two instances never wait for each other.
const NOTE = `
  WITH used AS (
    SELECT u.id, u.seen_at FROM unnest($1::uuid[], $2::timestamptz[]) AS u (id, seen_at)
      JOIN user_service.sessions s ON s.id = u.id
     WHERE s.revoked_at IS NULL AND s.last_seen_at <= u.seen_at - make_interval(secs => $3)
     ORDER BY s.id FOR NO KEY UPDATE OF s SKIP LOCKED
  )
  UPDATE user_service.sessions s SET last_seen_at = used.seen_at FROM used WHERE s.id = used.id`;

/** Notes that sessions were used, many with one statement. Nobody waits for it. */
@Injectable()
export class PostgresSessionActivity implements OnApplicationShutdown {
  readonly #waiting = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(private readonly database: Database) {}

  /** `seenAt` in milliseconds since the epoch. */
  note(sessionId: string, seenAt: number): void {
    if (this.#waiting.size >= MOST_WAITING && !this.#waiting.has(sessionId)) return;
    this.#waiting.set(sessionId, seenAt);
    this.schedule(FLUSH_AFTER_MS);
  }

  /** Writes what is noted so far. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = this.#flushing.then(() => this.write());
    await this.#flushing;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }

  private schedule(afterMs: number): void {
    this.#timer ??= setTimeout(() => void this.flush(), afterMs).unref();
  }

  private async write(): Promise<void> {
    const batch = [...this.#waiting].slice(0, LARGEST_BATCH);
    if (batch.length === 0) return;
    for (const [id] of batch) this.#waiting.delete(id);
    try {
      const columns = [batch.map(([id]) => id), batch.map(([, seenAt]) => new Date(seenAt))];
      await this.database.change(NOTE, [...columns, ACTIVITY_GRAIN_MS / 1_000]);
      if (this.#waiting.size > 0) this.schedule(0);
    } catch {
      // Newer notes stay.
      for (const [id, seenAt] of batch) if (!this.#waiting.has(id)) this.#waiting.set(id, seenAt);
      this.schedule(RETRY_AFTER_MS);
    }
  }
}
