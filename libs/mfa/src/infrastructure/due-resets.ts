import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { databaseErrorCode } from '#platform/persistence';

import { RunDueResets } from '../application/run-due-resets.js';

// api.md: due background work starts within 60 s.
const EVERY_MS = 15_000;

/** Looks for resets that are due, from every instance; the row's lock lets one of them do each. */
@Injectable()
export class DueResets implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(DueResets.name);
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly runDueResets: RunDueResets) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.look());
    }, EVERY_MS);
    this.#timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  private async look(): Promise<void> {
    try {
      const { failures } = await this.runDueResets.execute();
      if (failures.length > 0)
        this.#logger.error({ event: 'mfa_resets_failed', count: failures.length, err: failures[0] });
    } catch (error) {
      this.#logger.warn({ event: 'mfa_resets_not_run', code: databaseErrorCode(error) ?? 'unknown' });
    }
  }
}
