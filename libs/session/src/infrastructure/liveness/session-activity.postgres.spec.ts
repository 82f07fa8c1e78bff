import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { Database } from '#platform/persistence';

import { PostgresSessionActivity } from './session-activity.postgres.js';

const AT = Date.UTC(2026, 2, 1, 9);

let written: [id: string, seenAt: number][][];
let down: boolean;
let activity: PostgresSessionActivity;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  written = [];
  down = false;
  const change = async (_sql: string, [ids, times]: [string[], Date[]]): Promise<object[]> => {
    if (down) throw new Error('connection refused');
    written.push(ids.map((id, index) => [id, times[index]!.getTime()]));
    return [];
  };
  activity = new PostgresSessionActivity({ change } as unknown as Database);
});
afterEach(() => {
  jest.useRealTimers();
});

describe('SE-08 Notes of activity', () => {
  it('are written together, half a second after the first', async () => {
    activity.note('a', AT);
    await jest.advanceTimersByTimeAsync(400);
    activity.note('b', AT + 400);
    await jest.advanceTimersByTimeAsync(99);
    expect(written).toEqual([]);

    await jest.advanceTimersByTimeAsync(1);
    expect(written).toEqual([
      [
        ['a', AT],
        ['b', AT + 400],
      ],
    ]);
  });

  it('of one session are one, the newest', async () => {
    for (let n = 0; n < 100; n += 1) activity.note('a', AT + n);
    await jest.advanceTimersByTimeAsync(60_000);

    expect(written).toEqual([[['a', AT + 99]]]);
  });

  it('are written a thousand at a time', async () => {
    for (let n = 0; n < 2_500; n += 1) activity.note(`session ${String(n)}`, AT);
    await jest.advanceTimersByTimeAsync(600);

    expect(written.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
  });

  it('wait while PostgreSQL is away, and a newer one is not lost to an older', async () => {
    down = true;
    activity.note('a', AT);
    activity.note('b', AT);
    await jest.advanceTimersByTimeAsync(500);
    activity.note('a', AT + 500);
    down = false;
    await jest.advanceTimersByTimeAsync(2_000);

    expect(written.flat().sort()).toEqual([
      ['a', AT + 500],
      ['b', AT],
    ]);
  });

  it('are bounded while PostgreSQL is away', async () => {
    down = true;
    for (let n = 0; n < 25_000; n += 1) activity.note(`session ${String(n)}`, AT);
    activity.note('session 0', AT + 1);
    await jest.advanceTimersByTimeAsync(1_000);
    down = false;
    await jest.advanceTimersByTimeAsync(60_000);

    expect(written.flat()).toHaveLength(20_000);
    expect(written.flat()).toContainEqual(['session 0', AT + 1]);
  });

  it('are written before the service ends', async () => {
    activity.note('a', AT);
    await activity.onApplicationShutdown();

    expect(written).toEqual([[['a', AT]]]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('cost nothing where there are none', async () => {
    await activity.flush();
    await jest.advanceTimersByTimeAsync(60_000);

    expect(written).toEqual([]);
  });
});
