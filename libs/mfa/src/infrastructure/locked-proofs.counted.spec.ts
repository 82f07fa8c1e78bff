import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { InMemoryUnitOfWork } from '../../../platform/testing/in-memory-unit-of-work.js';
import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { TellLockedProofs } from '../application/locked-proofs.js';
import { CountedLockedProofs } from './locked-proofs.counted.js';

const proofOf = (userId: string) => ({ userId, purpose: 'sign_in', method: 'totp' }) as const;

describe('Proofs that nobody looks at', () => {
  let uow: InMemoryUnitOfWork;
  let counted: CountedLockedProofs;
  let measured: number;
  const told = (): unknown[] => uow.published.map(({ userId, data }) => [userId, (data as { count?: number }).count]);

  beforeEach(() => {
    jest.useFakeTimers();
    uow = new InMemoryUnitOfWork();
    measured = 0;
    const metrics = {
      proof: () => {
        measured += 1;
      },
      lockedOut: () => undefined,
    };
    counted = new CountedLockedProofs(new TellLockedProofs(uow, new SettableClock()), metrics);
  });
  afterEach(async () => {
    await counted.beforeApplicationShutdown();
    jest.useRealTimers();
  });

  it('are told of at once, and of all others of the same user once a minute', async () => {
    for (let time = 0; time < 100; time += 1) counted.refused(proofOf('mia'));
    counted.refused(proofOf('ben'));
    await jest.advanceTimersByTimeAsync(59_999);
    expect(told()).toEqual([
      ['mia', 1],
      ['ben', 1],
    ]);

    await jest.advanceTimersByTimeAsync(1);
    expect(told().slice(2)).toEqual([['mia', 99]]);
    expect(measured).toBe(101);
  });

  it('begin anew after a quiet minute', async () => {
    counted.refused(proofOf('mia'));
    await jest.advanceTimersByTimeAsync(60_000);
    counted.refused(proofOf('mia'));
    await jest.advanceTimersByTimeAsync(0);

    expect(told()).toEqual([
      ['mia', 1],
      ['mia', 1],
    ]);
  });

  it('are told of before the process ends', async () => {
    for (let time = 0; time < 3; time += 1) counted.refused(proofOf('mia'));
    await counted.beforeApplicationShutdown();

    expect(told()).toEqual([
      ['mia', 1],
      ['mia', 2],
    ]);
  });

  it('are told of later when that was not possible', async () => {
    const tell = jest.spyOn(uow, 'tell').mockImplementationOnce(async () => {
      throw new Error('down');
    });
    counted.refused(proofOf('mia'));
    await jest.advanceTimersByTimeAsync(60_000);

    expect(tell).toHaveBeenCalledTimes(2);
    expect(told()).toEqual([['mia', 1]]);
  });
});
