import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { RedisScript, RedisUnavailable } from '#platform/redis';

import { RedisClient } from '../support/redis-client.js';
import { startRedis, type TestRedis, type TestRedisOptions } from '../support/redis.js';
import { waitFor } from '../support/wait.js';

// 100 ms for the command, and what a busy machine adds to it.
const LONGEST_MS = 250;
const AT_ONCE_MS = 20;

let server: TestRedis;
let client: RedisClient;
let logged: unknown[];

beforeEach(() => {
  logged = [];
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void logged.push(line));
  jest.spyOn(Logger.prototype, 'log').mockImplementation((line: unknown) => void logged.push(line));
});

afterEach(async () => {
  client.close();
  await server.stop();
  jest.restoreAllMocks();
});

const start = async (options: TestRedisOptions = {}, url?: string): Promise<void> => {
  server = await startRedis(options);
  client = new RedisClient(url ?? server.url);
};

const read = (id = 'a'): Promise<string | null> => client.redis.call((redis) => redis.get(client.redis.key('t', id)));

/** How long it took to be refused, and why. */
const refusal = async (work: Promise<unknown> = read()): Promise<{ reason: string; took: number }> => {
  const began = performance.now();
  const error: unknown = await work.then(
    () => 'answered',
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RedisUnavailable)) throw new Error('Was not refused', { cause: error });
  return { reason: error.reason, took: performance.now() - began };
};

const back = (): Promise<unknown> => waitFor(async () => (await read()) === null, { what: 'Redis to be asked again' });

describe('Redis', () => {
  it('is asked from the first call on, though nobody waited for the connection', async () => {
    await start();
    expect(await read()).toBeNull();
    expect(client.redis.connectedSince).toBeLessThanOrEqual(Date.now());
    expect(client.outcomes).toEqual({ ok: 1 });
    expect(logged).toEqual([]);
  });

  it('keeps nothing without an end, and takes no time to live that is none', async () => {
    await start();
    const { redis } = client;
    const key = redis.key('t', 'mia@example.com');
    await redis.call((commands) => commands.set(key, 'v', 5_000));
    expect(await redis.call((commands) => commands.add(key, 'w', 5_000))).toBe(false);
    expect(await redis.call((commands) => commands.get(key))).toBe('v');
    expect(await server.admin.pttl(key)).toBeGreaterThan(0);
    await redis.call((commands) => commands.delete(key));
    expect(await redis.call((commands) => commands.add(key, 'w', 5_000))).toBe(true);
    expect(key).toMatch(/^us:t:[A-Za-z0-9_-]{43}$/);
    for (const ttl of [0, -1, 1.5, NaN, Infinity]) {
      await expect(redis.call((commands) => commands.set(key, 'v', ttl))).rejects.toThrow(RangeError);
    }
  });

  it('runs a script that the server has never seen, and again when it forgot it', async () => {
    await start();
    const script = new RedisScript(`return { KEYS[1], ARGV[1] }`);
    const key = client.redis.key('t', 'a');
    const run = () => client.redis.call((commands) => commands.run(script, [key], ['x']));
    expect(await run()).toEqual([key, 'x']);
    await server.admin.script('FLUSH');
    expect(await run()).toEqual([key, 'x']);
  });

  it('that is not configured refuses at once', async () => {
    server = await startRedis();
    client = new RedisClient(undefined);
    expect(client.redis.configured).toBe(false);
    expect(await refusal()).toMatchObject({ reason: 'not_configured' });
    client.redis.subscribe('news', () => undefined);
    expect(await refusal(client.redis.publish('news', 'x'))).toMatchObject({ reason: 'not_configured' });
  });

  it('F11 that is killed is missed by nobody for long: refused at once, back after its restart, one line each', async () => {
    await start();
    await read();
    const { connectedSince = 0 } = client.redis;
    await server.kill();
    await waitFor(() => client.redis.connectedSince === undefined, { what: 'the loss to be noticed' });
    for (let i = 0; i < 20; i++) expect((await refusal()).took).toBeLessThan(AT_ONCE_MS);
    expect(client.breaker).toBe(2);
    await server.restart();
    await back();
    expect(client.breaker).toBe(0);
    expect(client.redis.connectedSince).toBeGreaterThan(connectedSince);
    expect(logged).toEqual([
      expect.objectContaining({ event: 'redis_lost', reason: 'disconnected' }),
      { event: 'redis_back' },
    ]);
    expect(JSON.stringify(logged)).not.toMatch(/127\.0\.0\.1/);
  });

  it('F12 that hangs costs the first five callers 100 ms each, and nobody after them', async () => {
    await start();
    await read();
    server.pause();
    for (let i = 0; i < 5; i++) {
      const { reason, took } = await refusal();
      expect(reason).toBe('timeout');
      expect(took).toBeLessThan(LONGEST_MS);
    }
    expect(client.redis.connectedSince).toBeUndefined();
    // Past several probes and heartbeats: none of them is paid for by a caller.
    const end = performance.now() + 3_500;
    let asked = 0;
    await waitFor(async () => {
      expect((await refusal()).took).toBeLessThan(AT_ONCE_MS);
      asked += 1;
      return performance.now() > end;
    });
    expect(asked).toBeGreaterThan(10);
    server.resume();
    await back();
    expect(logged).toEqual([{ event: 'redis_lost', reason: 'slow', code: undefined }, { event: 'redis_back' }]);
  });

  it('that hangs with a hundred calls under way holds all of them no longer than one', async () => {
    await start();
    await read();
    server.pause();
    const all = await Promise.all(Array.from({ length: 100 }, () => refusal()));
    expect(Math.max(...all.map(({ took }) => took))).toBeLessThan(LONGEST_MS);
    server.resume();
    await back();
  });

  it('F13 that is paused with CLIENT PAUSE is bypassed until it answers again', async () => {
    await start();
    await read();
    await server.admin.client('PAUSE', 2_000, 'ALL');
    await Promise.all([1, 2, 3, 4, 5].map(() => refusal()));
    expect(await refusal()).toMatchObject({ reason: 'bypassed' });
    await back();
  });

  it('that is out of memory refuses writes at once and is still asked for the rest', async () => {
    await start({ args: ['--maxmemory', '1mb', '--maxmemory-policy', 'noeviction'] });
    await waitFor(async () => {
      const filled = server.admin.set(`fill:${Math.random()}`, 'x'.repeat(100_000), 'EX', 60);
      return filled.then(
        () => false,
        () => true,
      );
    });
    const key = client.redis.key('t', 'a');
    for (let i = 0; i < 10; i++) {
      const write = client.redis.call((commands) => commands.set(key, 'v', 1_000));
      expect(await refusal(write)).toMatchObject({ reason: 'refused' });
    }
    expect(await read()).toBeNull();
    expect(client.breaker).toBe(0);
  });

  it('that is not there at the start, or knows another password, is told of once and without any address', async () => {
    await start({ password: 'right' }, 'redis://:wrong-one@127.0.0.1:1');
    expect((await refusal()).took).toBeLessThan(LONGEST_MS);
    client.close();
    client = new RedisClient(`redis://:wrong-one@127.0.0.1:${String(server.port)}`);
    await waitFor(() => logged.length === 2);
    for (let i = 0; i < 10; i++) await refusal();
    expect(logged).toEqual([
      { event: 'redis_lost', reason: 'disconnected', code: 'ECONNREFUSED' },
      { event: 'redis_lost', reason: 'disconnected', code: 'WRONGPASS' },
    ]);
  });

  it('leaves errors of the caller to the caller', async () => {
    await start();
    await expect(client.redis.call(() => Promise.reject(new TypeError('ours')))).rejects.toThrow('ours');
    expect(client.breaker).toBe(0);
  });

  it('answers every call while it is killed and started again under load, and no rejection is left unhandled', async () => {
    await start();
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    let stop = false;
    const load = Promise.all(
      Array.from({ length: 20 }, async () => {
        while (!stop) {
          await read().catch(() => undefined);
          await new Promise(setImmediate);
        }
      }),
    );
    for (let i = 0; i < 3; i++) {
      await server.restart();
      await back();
    }
    stop = true;
    await load;
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
