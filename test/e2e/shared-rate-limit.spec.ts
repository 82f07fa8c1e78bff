import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { startRedis, type TestRedis } from '../support/redis.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const LIMIT = 60;
const environment = (redisUrl: string) => ({
  REDIS_URL: redisUrl,
  REPLICAS: '2',
  RATE_LIMIT_ENABLED: 'true',
  RATE_LIMIT_PER_MINUTE: String(LIMIT),
  TRUSTED_PROXIES: '127.0.0.1',
});

let redis: TestRedis;
let one: TestApp;
let two: TestApp;

beforeAll(async () => {
  redis = await startRedis();
  one = await startTestApp(environment(redis.url));
  two = await startTestApp({}, one);
});

afterAll(async () => {
  await two.close();
  await one.close();
  await redis.stop();
});

beforeEach(async () => {
  await redis.admin.flushall();
});

const ask = (app: TestApp, address: string): Promise<Response> =>
  fetch(`${app.url}/api/v1/users/me`, { headers: { 'x-forwarded-for': address } });

/** As many parallel requests, in turn to the one and the other instance; how many of them were refused. */
const storm = async (count: number, address: string): Promise<number> => {
  const instances = [one, two];
  const answers = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const answer = await ask(instances[at % 2]!, address);
      await answer.arrayBuffer();
      return answer.status;
    }),
  );
  expect(answers.filter((status) => ![401, 429].includes(status))).toEqual([]);
  return answers.filter((status) => status === 429).length;
};

const redisIs = (app: TestApp, state: string): Promise<unknown> =>
  waitFor(
    async () => {
      const health = (await (await fetch(`${app.url}/health`)).json()) as { details: { redis: { status: string } } };
      return health.details.redis.status === state;
    },
    { what: `Redis to be ${state}` },
  );

describe('The rate limit of two instances', () => {
  it('LG-08 lets exactly 60 of 200 parallel requests through, for each address anew', async () => {
    expect(await storm(200, '203.0.113.1')).toBe(200 - LIMIT);
    expect(await storm(80, '203.0.113.2')).toBe(80 - LIMIT);
  });

  it('LG-06 is of one address, however its client writes it, and of one /64', async () => {
    expect(await storm(LIMIT, '2001:db8::1')).toBe(0);
    expect((await ask(two, '2001:db8:0:0:ffff::2')).status).toBe(429);
    expect((await ask(two, '2001:db8:0:1::1')).status).toBe(401);
  });

  it('LG-07 says on every answer what is left, wherever it was counted', async () => {
    const first = await ask(one, '203.0.113.3');
    const second = await ask(two, '203.0.113.3');
    expect(first.headers.get('ratelimit-policy')).toBe(`"default";q=${String(LIMIT)};w=60`);
    expect(first.headers.get('ratelimit')).toBe(`"default";r=${String(LIMIT - 1)};t=60`);
    expect(second.headers.get('ratelimit')).toMatch(/^"default";r=58;t=(60|59)$/);
    await storm(LIMIT, '203.0.113.3');
    const refused = await ask(one, '203.0.113.3');
    const t = /^"default";r=0;t=(\d+)$/.exec(refused.headers.get('ratelimit') ?? '')?.[1];
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(Number(t));
    expect(await refused.json()).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
  });

  it('begins anew when the window is over', async () => {
    await storm(LIMIT, '203.0.113.4');
    expect((await ask(one, '203.0.113.4')).status).toBe(429);
    const [key = ''] = await redis.admin.keys('us:rate:*');
    await redis.admin.pexpire(key, 1);
    await waitFor(async () => (await redis.admin.exists(key)) === 0);
    expect((await ask(one, '203.0.113.4')).headers.get('ratelimit')).toContain(`r=${String(LIMIT - 1)};t=60`);
  });

  it.each([
    ['another type', (key: string) => redis.admin.rpush(key, 'x')],
    ['no number', (key: string) => redis.admin.set(key, 'x'.repeat(10_000))],
    ['no end', (key: string) => redis.admin.set(key, '1000000')],
    ['an end in a hundred years', (key: string) => redis.admin.set(key, '1000000', 'EX', 3_153_600_000)],
    ['the greatest number', (key: string) => redis.admin.set(key, '9223372036854775807', 'EX', 30)],
    ['a negative number', (key: string) => redis.admin.set(key, '-1000000', 'EX', 30)],
  ])('DP-07 is not led astray by a key that holds %s', async (_what, poison) => {
    await ask(one, '203.0.113.5');
    const [key = ''] = await redis.admin.keys('us:rate:*');
    await redis.admin.del(key);
    await poison(key);
    expect((await ask(one, '203.0.113.5')).headers.get('ratelimit')).toBe(`"default";r=${String(LIMIT - 1)};t=60`);
    expect(await redis.admin.pttl(key)).toBeLessThanOrEqual(60_000);
    expect(await redis.admin.pttl(key)).toBeGreaterThan(0);
  });

  it('OP-03 is shared out while Redis is gone, and counted together again when it is back', async () => {
    await redis.kill();
    await Promise.all([redisIs(one, 'degraded'), redisIs(two, 'degraded')]);
    expect((await fetch(`${one.url}/health/ready`)).status).toBe(200);
    expect(await storm(200, '203.0.113.6')).toBe(200 - LIMIT);
    await redis.restart();
    await Promise.all([redisIs(one, 'up'), redisIs(two, 'up')]);
    expect(await storm(200, '203.0.113.6')).toBe(200 - LIMIT);
  });

  it('OP-05 costs no request more than 250 ms while Redis hangs, and after the first few nothing', async () => {
    const took = async (at: number): Promise<number> => {
      const began = performance.now();
      const answer = await ask(one, `198.51.100.${String(at)}`);
      await answer.arrayBuffer();
      expect(answer.status).toBe(401);
      return performance.now() - began;
    };
    const before = Math.max(...(await Promise.all([1, 2, 3].map(took))));
    redis.pause();
    const times: number[] = [];
    for (let at = 10; at < 60; at++) times.push(await took(at));
    expect(Math.max(...times)).toBeLessThan(250 + before);
    expect(times.filter((time) => time > 100).length).toBeLessThanOrEqual(5);
    redis.resume();
    await redisIs(one, 'up');
  });
});
