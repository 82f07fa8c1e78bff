import { setTimeout as delay } from 'node:timers/promises';

import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { databaseErrorCode } from './errors.js';
import { guardPool } from './pool-guard.js';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 2_000;

/**
 * Opens the pool. A PostgreSQL that is not there yet does not stop the start: the process lives, says that it is not
 * ready, and connects when it can.
 */
@Injectable()
export class DatabaseConnector implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger(DatabaseConnector.name);
  readonly #stop = new AbortController();
  #connecting: Promise<void> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {}

  /** Waits for the first attempt only. */
  async onModuleInit(): Promise<void> {
    if (await this.#connect()) return;
    this.#connecting = this.#keepTrying();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await this.#connecting;
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  async #keepTrying(): Promise<void> {
    for (let wait = FIRST_RETRY_MS; !this.#stop.signal.aborted; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
      const waited = await delay(wait, true, { signal: this.#stop.signal }).catch(() => false);
      if (waited && (await this.#connect())) return;
    }
  }

  async #connect(): Promise<boolean> {
    try {
      await this.dataSource.initialize();
      guardPool(this.dataSource);
      return true;
    } catch (error) {
      // Neither the address nor the driver's message: both may hold credentials.
      this.#logger.warn({ event: 'database_unreachable', code: databaseErrorCode(error) ?? 'unknown' });
      return false;
    }
  }
}
