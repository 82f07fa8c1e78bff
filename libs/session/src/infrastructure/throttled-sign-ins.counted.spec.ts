import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { RequestContext } from '#platform/context';

import { InMemoryUnitOfWork } from '../../../platform/testing/in-memory-unit-of-work.js';
import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { TellThrottledSignIns } from '../application/throttled-sign-ins.js';
import { CountedThrottledSignIns } from './throttled-sign-ins.counted.js';

const WINDOW_MS = 10_000;

describe('LG-11 Sign-ins that nobody looks at', () => {
  let uow: InMemoryUnitOfWork;
  let counted: CountedThrottledSignIns;
  let ip: string;
  const told = (): unknown[] => uow.published.map(({ userId, data }) => [userId, (data as { count: number }).count]);
  const sum = (): number => uow.published.reduce((all, { data }) => all + (data as { count: number }).count, 0);

  beforeEach(() => {
    jest.useFakeTimers();
    uow = new InMemoryUnitOfWork();
    ip = '203.0.113.7';
    const context = {
      get info() {
        return { requestId: 'request', language: 'en', ip };
      },
      run: (_info: unknown, _actor: unknown, work: () => unknown) => work(),
    };
    const tell = new TellThrottledSignIns(uow, new SettableClock());
    counted = new CountedThrottledSignIns(tell, context as unknown as RequestContext);
  });
  afterEach(async () => {
    await counted.beforeApplicationShutdown();
    jest.useRealTimers();
  });

  it('are told of at once, and of all others at the same account from the same network by their number', async () => {
    for (let time = 0; time < 100; time += 1) void counted.refused({ userId: 'mia', by: 'guesses' });
    await counted.refused({ userId: 'ben', by: 'account' });
    await jest.advanceTimersByTimeAsync(1);
    expect(told()).toEqual([
      ['mia', 1],
      ['ben', 1],
    ]);

    await jest.advanceTimersByTimeAsync(WINDOW_MS);
    expect(told().slice(2)).toEqual([['mia', 99]]);
    await jest.advanceTimersByTimeAsync(10 * WINDOW_MS);
    expect(told()).toHaveLength(3);
  });

  it('are all counted and cost some hundred events when they come from everywhere', async () => {
    for (let time = 0; time < 5_000; time += 1) {
      ip = `10.0.${String(time >> 8)}.${String(time & 255)}`;
      void counted.refused({ userId: null, by: 'source' });
    }
    await counted.beforeApplicationShutdown();

    expect(sum()).toBe(5_000);
    expect(told().length).toBeLessThanOrEqual(502);
  });

  it('are not answered when the first one cannot be told of', async () => {
    failOnce();

    await expect(counted.refused({ userId: 'mia', by: 'guesses' })).rejects.toThrow('down');
    await counted.refused({ userId: 'mia', by: 'guesses' });
    expect(told()).toEqual([['mia', 1]]);
  });

  it('are told of later when that was not possible', async () => {
    await counted.refused({ userId: 'mia', by: 'guesses' });
    await counted.refused({ userId: 'mia', by: 'guesses' });
    failOnce();
    await jest.advanceTimersByTimeAsync(WINDOW_MS);
    expect(told()).toEqual([['mia', 1]]);

    await jest.advanceTimersByTimeAsync(WINDOW_MS);
    expect(told().slice(1)).toEqual([['mia', 1]]);
  });

  it('are all told of when an event takes longer than a window', async () => {
    let go = (): void => undefined;
    const first = new Promise<void>((resolve) => (go = resolve));
    jest.spyOn(uow, 'tell').mockImplementationOnce(() => first);
    void counted.refused({ userId: 'mia', by: 'guesses' });
    await jest.advanceTimersByTimeAsync(2 * WINDOW_MS);
    await counted.refused({ userId: 'mia', by: 'guesses' });
    go();
    await jest.advanceTimersByTimeAsync(WINDOW_MS);

    expect(told()).toEqual([['mia', 1]]);
  });

  function failOnce(): void {
    jest.spyOn(uow, 'tell').mockImplementationOnce(async () => {
      throw new Error('down');
    });
  }
});
