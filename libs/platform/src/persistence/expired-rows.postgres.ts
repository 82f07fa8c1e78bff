import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import type { UnitOfWork } from '#kernel';

import { databaseErrorCode } from './errors.js';
import type { Database } from './database.js';

const EVERY_MS = 3_600_000;
const KEPT_MINUTES = 24 * 60;
// When a sweep left some: a flood of rows must not grow faster than they go.
const SOON_MS = 10_000;
// After the rush of a start; an operator's command is over by then and never sweeps.
const FIRST_MS = 60_000;
// Short enough for one statement, and more in a day than a client under its rate limit can add.
const AT_ONCE = 1_000;
const MOST_TURNS = 20;

export interface ExpiryOptions {
  /** SQL that a row has to meet besides; a constant of the program, never input. */
  readonly condition?: string;
  /** For so long after they expired rows are kept; by default a day. */
  readonly keptMinutes?: number;
  /** Milliseconds between two sweeps; by default an hour. */
  readonly everyMs?: number;
}

/**
 * Deletes the rows of one table that expired some time ago, now and then and from every instance, but one at a time: PostgreSQL has the lock. Each transaction that deletes something leaves an event that says how much. Never waits
 * for a row that somebody else works on. What one sweep leaves is for another one soon after.
 */
export abstract class ExpiredRows implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(ExpiredRows.name);
  readonly #sql: string;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #isStopping = false;
  /** False where nothing goes but what this service noted for itself. */
  protected readonly isTold: boolean = true;

  /** @param table a constant of the program, never input */
  protected constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
    private readonly table: string,
    { condition = 'true', keptMinutes = KEPT_MINUTES, everyMs = EVERY_MS }: ExpiryOptions = {},
  ) {
    this.#everyMs = everyMs;
    this.#sql = `
      WITH mine AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtext('user_service.${table}')) AS ok)
      DELETE FROM user_service.${table} WHERE ctid = ANY (ARRAY(
        SELECT t.ctid FROM user_service.${table} t
         WHERE (SELECT ok FROM mine) AND t.expires_at < now() - interval '${String(keptMinutes)} minutes'
           AND ${condition}
         ORDER BY t.expires_at LIMIT ${String(AT_ONCE)} FOR UPDATE SKIP LOCKED))
      RETURNING 1`;
  }

  onApplicationBootstrap(): void {
    this.sweepAfter(FIRST_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** How many rows were deleted now. */
  async sweep(): Promise<number> {
    let swept = 0;
    for (let turn = 0; turn < MOST_TURNS && !this.#isStopping; turn += 1) {
      const deleted = await this.uow.run(() => this.deleteSome());
      swept += deleted;
      if (deleted < AT_ONCE) break;
    }
    return swept;
  }

  private async deleteSome(): Promise<number> {
    const { length } = await this.database.query(this.#sql);
    if (this.isTold && length > 0) {
      this.uow.record({
        type: 'system.retention_run',
        userId: null,
        occurredAt: new Date(),
        data: { deleted: { [this.table]: length } },
      });
    }
    return length;
  }

  private sweepAfter(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      this.#running = this.trySweep().then((isMore) => {
        if (!this.#isStopping) this.sweepAfter(isMore ? SOON_MS : this.#everyMs);
      });
    }, milliseconds);
    this.#timer.unref();
  }

  /** Whether some may be left. */
  private async trySweep(): Promise<boolean> {
    try {
      return (await this.sweep()) === AT_ONCE * MOST_TURNS;
    } catch (error) {
      const code = databaseErrorCode(error) ?? 'unknown';
      this.#logger.warn({ event: 'expired_rows_not_swept', topic: this.table, code });
      return false;
    }
  }
}
