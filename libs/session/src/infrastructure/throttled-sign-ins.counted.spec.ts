import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { RequestContext } from '#platform/context';

import { describeCountedTrail } from '../../../platform/testing/counted-trail.contract.js';
import { InMemoryUnitOfWork } from '../../../platform/testing/in-memory-unit-of-work.js';
import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { TellThrottledSignIns } from '../application/throttled-sign-ins.js';
import { CountedThrottledSignIns } from './throttled-sign-ins.counted.js';

const WINDOW_MS = 10_000;

describeCountedTrail(
  'Sign-ins at an account that nobody looks at',
  { windowMs: WINDOW_MS, most: 500 },
  ({ uow, clock, context }) => {
    const trail = new CountedThrottledSignIns(new TellThrottledSignIns(uow, clock), context);
    return {
      happen: (key) => trail.refused({ userId: key, by: 'guesses' }),
      stop: () => trail.beforeApplicationShutdown(),
    };
  },
);

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

  function failOnce(): void {
    jest.spyOn(uow, 'tell').mockImplementationOnce(async () => {
      throw new Error('down');
    });
  }
});
