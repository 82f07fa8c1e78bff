import { describe, expect, it } from '@jest/globals';
import { ClsServiceManager } from 'nestjs-cls';

import { RequestContext } from '#platform/context';

import { describeCountedTrail } from '../../../platform/testing/counted-trail.contract.js';
import { InMemoryUnitOfWork } from '../../../platform/testing/in-memory-unit-of-work.js';
import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { RateLimitTrail } from './rate-limit-trail.js';

describeCountedTrail('Calls over the rate limit', { windowMs: 60_000, most: 500 }, ({ uow, clock, context }) => {
  const trail = new RateLimitTrail(uow, clock, context);
  return {
    happen: (key) => {
      trail.refused(`user:${key}`, context.info!, 'GET /api/v1/users/me');
    },
    stop: () => trail.beforeApplicationShutdown(),
  };
});

describe('Calls over the rate limit', () => {
  it('are told of by caller, and of addresses beyond five hundred together', async () => {
    const uow = new InMemoryUnitOfWork();
    const context = new RequestContext(ClsServiceManager.getClsService());
    const trail = new RateLimitTrail(uow, new SettableClock(), context);
    const info = { requestId: 'request', ip: '203.0.113.7', language: 'en' } as const;
    const route = 'GET /api/v1/users/me';
    for (const subject of ['user:mia', 'key:of a service']) trail.refused(subject, info, route);
    for (let host = 0; host < 600; host += 1) trail.refused(`address:${String(host)}`, info, route);
    await trail.beforeApplicationShutdown();

    const told = uow.published.map(({ userId, data }) => ({ userId, ...(data as object) }));
    expect(told.slice(0, 3)).toEqual([
      { userId: 'mia', caller: 'user', route, count: 1 },
      { userId: null, caller: 'api_key', route, count: 1 },
      { userId: null, caller: 'address', route, count: 1 },
    ]);
    expect(told).toHaveLength(502);
    expect(told.at(-1)).toEqual({ userId: null, caller: 'address', route, count: 101 });
  });

  it('are told of as what they are beyond that too', async () => {
    const uow = new InMemoryUnitOfWork();
    const context = new RequestContext(ClsServiceManager.getClsService());
    const trail = new RateLimitTrail(uow, new SettableClock(), context);
    const info = { requestId: 'request', ip: '203.0.113.7', language: 'en' } as const;
    for (let host = 0; host < 500; host += 1) trail.refused(`address:${String(host)}`, info, 'GET /health/live');
    for (const subject of ['user:mia', 'key:one', 'user:ben']) trail.refused(subject, info, 'GET /api/v1/users/me');
    await trail.beforeApplicationShutdown();

    const told = uow.published.slice(500).map(({ userId, data }) => [userId, data]);
    const route = 'GET /api/v1/users/me';
    expect(told).toEqual([
      [null, { caller: 'user', route, count: 1 }],
      [null, { caller: 'api_key', route, count: 1 }],
      [null, { caller: 'user', route, count: 1 }],
    ]);
  });
});
