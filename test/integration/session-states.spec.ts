import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { SessionSnapshot } from '../../libs/session/src/infrastructure/liveness/session-snapshot.js';
import { RedisSessionStates } from '../../libs/session/src/infrastructure/liveness/session-states.redis.js';
import { aSnapshot } from '../../libs/session/testing/liveness-fakes.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

describe('The states of sessions in a real Redis', () => {
  let redis: TestRedis;
  let app: TestApp;
  let states: RedisSessionStates;

  beforeAll(async () => {
    redis = await startRedis();
    app = await startTestApp({ REDIS_URL: redis.url });
    states = app.app.get(RedisSessionStates, { strict: false });
    await keep(randomUUID(), 'open');
  });
  afterAll(async () => {
    await app.close();
    await redis.stop();
  });

  async function keep(id: string, state: SessionSnapshot['state']): Promise<void> {
    await waitFor(async () => {
      states.keep(id, aSnapshot({ state, readAt: Date.now() }));
      return (await states.read(id)) !== null;
    });
  }

  it('hold an end against any state that was read before it', async () => {
    const id = randomUUID();
    await keep(id, 'open');
    states.keep(id, aSnapshot({ state: 'ended', readAt: Date.now() }));
    states.keep(id, aSnapshot({ readAt: Date.now() }));

    // Commands of one connection are answered in their order.
    expect(await states.read(id)).toMatchObject({ state: 'ended' });
  });

  it('live for a minute, under names and with contents that tell nothing', async () => {
    const id = randomUUID();
    await keep(id, 'open');
    const keys = await redis.admin.keys('us:session:*');

    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expect(key).toMatch(/^us:session:[\w-]{43}$/);
      expect(await redis.admin.pttl(key)).toBeGreaterThan(0);
      expect(await redis.admin.pttl(key)).toBeLessThanOrEqual(60_000);
    }
  });

  it('are gone after FLUSHALL, and nobody is refused for it', async () => {
    const user = await app.api.signedInUser();
    expect((await app.api.me(user.accessToken)).status).toBe(200);
    await redis.admin.flushall();

    expect(await states.read(user.sessionId)).toBeNull();
    expect((await app.api.me(user.accessToken)).status).toBe(200);
  });

  it('that an attacker copied before the end do not bring the session back', async () => {
    const user = await app.api.signedInUser();
    const beside = await startTestApp({}, app);
    try {
      expect((await beside.api.me(user.accessToken)).status).toBe(200);
      const keys = await waitFor(async () => {
        const found = await redis.admin.keys('us:session:*');
        return found.length > 0 ? found : undefined;
      });
      const copies = await Promise.all(keys.map(async (key) => [key, (await redis.admin.get(key))!] as const));
      expect((await app.api.logout(user.accessToken)).status).toBe(204);
      const put = (): Promise<unknown> =>
        Promise.all(copies.map(([key, value]) => redis.admin.set(key, value, 'PX', 60_000)));

      await waitFor(
        async () => {
          await put();
          return (await beside.api.me(user.accessToken)).status === 401;
        },
        { timeoutMs: 2_000, what: 'the session to be refused although its old state is put back' },
      );
      await put();
      expect((await beside.api.me(user.accessToken)).status).toBe(401);
      expect((await app.api.me(user.accessToken)).status).toBe(401);
    } finally {
      await beside.close();
    }
  });
});
