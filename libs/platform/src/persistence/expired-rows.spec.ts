import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { InMemoryUnitOfWork } from '../../testing/in-memory-unit-of-work.js';
import type { Database } from './database.js';
import { ExpiredRows, type ExpiryOptions } from './expired-rows.postgres.js';

const AT_ONCE = 1_000;
const HOUR_MS = 3_600_000;

class Rows extends ExpiredRows {
  constructor(database: Database, options: ExpiryOptions = {}) {
    super(database, new InMemoryUnitOfWork(), 'rows', options);
  }
}

describe('The cleaner of expired rows', () => {
  let left: number;
  let rows: Rows;
  const query = async (): Promise<unknown[]> => {
    const taken = Math.min(AT_ONCE, left);
    left -= taken;
    return Array.from({ length: taken });
  };

  beforeEach(() => {
    jest.useFakeTimers();
    left = 0;
    rows = new Rows({ query } as unknown as Database);
    rows.onApplicationBootstrap();
  });
  afterEach(async () => {
    await rows.onApplicationShutdown();
    jest.useRealTimers();
  });

  it('comes back soon while a flood has left more than one sweep takes, and else after an hour', async () => {
    left = 50_000;
    await jest.advanceTimersByTimeAsync(120_000);
    expect(left).toBe(0);

    left = 10;
    await jest.advanceTimersByTimeAsync(HOUR_MS / 2);
    expect(left).toBe(10);
    await jest.advanceTimersByTimeAsync(HOUR_MS / 2);
    expect(left).toBe(0);
  });

  it('comes as often as it is told to', async () => {
    await rows.onApplicationShutdown();
    const often = new Rows({ query } as unknown as Database, { everyMs: 60_000 });
    often.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(60_000);
    left = 10;
    await jest.advanceTimersByTimeAsync(59_000);
    expect(left).toBe(10);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(left).toBe(0);
    await often.onApplicationShutdown();
  });
});
