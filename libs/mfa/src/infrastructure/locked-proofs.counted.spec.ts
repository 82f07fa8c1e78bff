import { describe, expect, it } from '@jest/globals';
import { ClsServiceManager } from 'nestjs-cls';

import { RequestContext } from '#platform/context';

import { describeCountedTrail } from '../../../platform/testing/counted-trail.contract.js';
import { InMemoryUnitOfWork } from '../../../platform/testing/in-memory-unit-of-work.js';
import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { TellLockedProofs } from '../application/locked-proofs.js';
import { CountedLockedProofs } from './locked-proofs.counted.js';

const proofOf = (userId: string) => ({ userId, purpose: 'sign_in', method: 'totp' }) as const;

describeCountedTrail(
  'Proofs of a second factor that nobody looks at',
  { windowMs: 60_000, most: 500 },
  ({ uow, clock, context }) => {
    const metrics = { proof: () => undefined, lockedOut: () => undefined };
    const trail = new CountedLockedProofs(new TellLockedProofs(uow, clock), metrics, context);
    return {
      happen: (key) => {
        trail.refused(proofOf(key));
      },
      stop: () => trail.beforeApplicationShutdown(),
    };
  },
);

describe('Proofs of a second factor that nobody looks at', () => {
  it('are measured one by one, and told of as what they are', async () => {
    const uow = new InMemoryUnitOfWork();
    const measured: unknown[] = [];
    const metrics = { proof: (...what: unknown[]) => void measured.push(what), lockedOut: () => undefined };
    const context = new RequestContext(ClsServiceManager.getClsService());
    const trail = new CountedLockedProofs(new TellLockedProofs(uow, new SettableClock()), metrics, context);
    for (let time = 0; time < 3; time += 1) trail.refused(proofOf('mia'));
    await trail.beforeApplicationShutdown();

    expect(measured).toEqual(Array(3).fill(['totp', 'too_many_attempts']));
    const data = { purpose: 'sign_in', method: 'totp', reason: 'too_many_attempts' };
    expect(uow.published.map((event) => event.data)).toEqual([
      { ...data, count: 1 },
      { ...data, count: 2 },
    ]);
  });
});
