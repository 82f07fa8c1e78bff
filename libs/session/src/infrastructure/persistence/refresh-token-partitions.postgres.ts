import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';
import { Database, databaseErrorCode } from '#platform/persistence';

import { SessionSettings } from '../../application/ports.js';

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;
// So far ahead that nobody notices when it fails for weeks.
const AHEAD_DAYS = 60;
// Tokens expire with their session, so no reuse goes unseen for it; some days for whoever looks into what happened.
const KEPT_DAYS = 7;

/**
 * Prepares the weeks in which tokens will expire and drops those in which all have, from every instance and once an
 * hour: the work is one statement that finds nothing to do, and PostgreSQL lets one instance at a time do it.
 */
@Injectable()
export class RefreshTokenPartitions implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(RefreshTokenPartitions.name);
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
    private readonly settings: SessionSettings,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.#running = this.tryAll();
    this.#timer = setInterval(() => {
      this.#running = this.tryAll();
    }, EVERY_MS);
    this.#timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** How many partitions were made now. */
  prepare(): Promise<number> {
    const days = this.settings.refreshTokenDays + AHEAD_DAYS;
    return this.count('SELECT user_service.ensure_refresh_token_partitions($1) AS count', days);
  }

  /** How many partitions were dropped now, each with the spent and unspent tokens of a week that is long over. */
  drop(): Promise<number> {
    return this.count('SELECT user_service.drop_refresh_token_partitions($1) AS count', -KEPT_DAYS);
  }

  private async count(sql: string, daysFromNow: number): Promise<number> {
    const time = new Date(this.clock.now().getTime() + daysFromNow * DAY_MS);
    const [row] = await this.uow.run(() => this.database.query<{ count: number }>(sql, [time]));
    return row?.count ?? 0;
  }

  // Tokens go to the default partition meanwhile, so a failure costs nobody anything; the next hour tries again.
  private async tryAll(): Promise<void> {
    try {
      await this.prepare();
      await this.drop();
    } catch (error) {
      this.#logger.warn({ event: 'refresh_token_partitions_failed', code: databaseErrorCode(error) ?? 'unknown' });
    }
  }
}
