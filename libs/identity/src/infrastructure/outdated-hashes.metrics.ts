import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { MetricsRegistry } from '#platform/metrics';
import { Database } from '#platform/persistence';

import { PasswordHashSettings } from './password-hasher.argon2.js';

const EVERY_MS = 600_000;
const FIRST_MS = 5_000;

// Whole tables are read, so it is done seldom. The pepper's id stands in the hash as base64.
const COUNT = `
  SELECT count(*) FILTER (WHERE password_hash LIKE '$2%')::integer AS bcrypt,
         count(*) FILTER (WHERE password_hash LIKE '$argon2%' AND (
           substring(password_hash FROM 'm=(\\d+)')::integer < $1 OR substring(password_hash FROM 't=(\\d+)')::integer < $2
           OR coalesce(substring(password_hash FROM 'keyid=([A-Za-z0-9+/]+)'), '') <> $3))::integer AS argon2
    FROM user_service.users`;

/** How many passwords are still stored in an older way, for those who wait until nobody needs a pepper or bcrypt. */
@Injectable()
export class OutdatedHashes implements OnApplicationBootstrap, OnApplicationShutdown {
  #counts: Readonly<Record<string, number>> = {};
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly settings: PasswordHashSettings,
    metrics: MetricsRegistry,
  ) {
    const help = 'Password hashes that the next sign-in of their users makes anew, counted every ten minutes';
    metrics.gauges('password_hashes_outdated', help, 'kind', () => this.#counts);
  }

  onApplicationBootstrap(): void {
    this.countAfter(FIRST_MS);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.#timer);
  }

  /** Counts now. */
  async count(): Promise<void> {
    const { memoryKib, timeCost, peppers } = this.settings;
    const [pepper] = peppers;
    const keyId = pepper === undefined ? '' : Buffer.from(pepper.id, 'utf8').toString('base64').replace(/=+$/, '');
    const [row] = await this.database.query<{ bcrypt: number; argon2: number }>(COUNT, [memoryKib, timeCost, keyId]);
    if (row !== undefined) this.#counts = { ...row };
  }

  // Without a database there is nothing to count; the figures stay as they were.
  private countAfter(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      this.count().catch(() => undefined);
      this.countAfter(EVERY_MS);
    }, milliseconds);
    this.#timer.unref();
  }
}
