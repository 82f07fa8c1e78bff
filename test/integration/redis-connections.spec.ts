import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { RedisScript, RedisUnavailable } from '#platform/redis';

import { freePort } from '../../apps/local/src/ports.js';
import { RedisClient } from '../support/redis-client.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { waitFor } from '../support/wait.js';

let server: TestRedis;
let client: RedisClient;
let logged: unknown[];

beforeEach(() => {
  logged = [];
  for (const level of ['warn', 'log', 'error'] as const) {
    jest.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => void logged.push(line));
  }
});

afterEach(async () => {
  client.close();
  await server.stop();
  jest.restoreAllMocks();
});

const start = async (): Promise<void> => {
  server = await startRedis();
  client = new RedisClient(server.url);
};

const read = (id: string): Promise<string | null> => client.redis.call((redis) => redis.get(client.redis.key('t', id)));

describe('Messages', () => {
  it('reach every subscriber, also after the server was gone, and it is told that some were missed', async () => {
    await start();
    const other = new RedisClient(server.url);
    const heard: string[] = [];
    let times = 0;
    other.redis.onResubscribed(() => void (times += 1));
    other.redis.subscribe('news', (message) => {
      heard.push(message);
      throw new Error('a listener that fails');
    });
    await waitFor(() => times === 1);
    await client.redis.publish('news', 'first');
    await client.redis.publish('else', 'not for them');
    await waitFor(() => heard.length === 1);
    await server.restart();
    await waitFor(() => times === 2);
    await waitFor(async () => (await read('none')) === null, { what: 'Redis to be asked again' });
    await client.redis.publish('news', 'second');
    await waitFor(() => heard.length === 2);
    expect(heard).toEqual(['first', 'second']);
    other.close();
  });

  it('come again after the server hung for so long that nobody knows what was missed', async () => {
    await start();
    const heard: string[] = [];
    let times = 0;
    client.redis.onResubscribed(() => void (times += 1));
    client.redis.subscribe('news', (message) => void heard.push(message));
    await waitFor(() => times === 1);
    server.pause();
    await waitFor(() => client.redis.connectedSince === undefined, { what: 'the hang to be noticed' });
    server.resume();
    await waitFor(() => times === 2, { what: 'a new subscription' });
    await waitFor(async () => (await read('none')) === null, { what: 'Redis to be asked again' });
    await client.redis.publish('news', 'x');
    await waitFor(() => heard.length > 0);
    expect(heard).toEqual(['x']);
  });
});

describe('A cluster', () => {
  it('is found by one of its nodes, and does the same', async () => {
    server = await startRedis({
      args: [
        '--cluster-enabled',
        'yes',
        '--cluster-announce-ip',
        '127.0.0.1',
        '--cluster-port',
        String(await freePort()),
      ],
    });
    await server.admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await waitFor(async () => String(await server.admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    client = new RedisClient(`redis+cluster://127.0.0.1:${String(server.port)}`);
    const { redis } = client;
    let heard = '';
    let isListening = false;
    redis.onResubscribed(() => void (isListening = true));
    redis.subscribe('news', (message) => void (heard = message));
    await waitFor(() => isListening);
    await waitFor(() => redis.connectedSince);

    const ids = Array.from({ length: 50 }, (_, at) => String(at));
    await Promise.all(ids.map((id) => redis.call((commands) => commands.set(redis.key('t', id), id, 5_000))));
    expect(await Promise.all(ids.map((id) => read(id)))).toEqual(ids);
    const script = new RedisScript('return ARGV[1]');
    expect(await redis.call((commands) => commands.run(script, [redis.key('t', 'a')], ['x']))).toBe('x');
    await redis.publish('news', 'to all nodes');
    await waitFor(() => heard === 'to all nodes');
    await server.kill();
    await waitFor(() => redis.connectedSince === undefined);
    await expect(read('1')).rejects.toThrow(RedisUnavailable);
  });
});

describe('Sentinels', () => {
  it('tell where the master is, and where it went', async () => {
    server = await startRedis();
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(server.port)] });
    const sentinel = await startRedis({
      args: ['--sentinel'],
      config: `sentinel monitor main 127.0.0.1 ${String(server.port)} 1\nsentinel down-after-milliseconds main 500\n`,
    });
    client = new RedisClient(`redis+sentinel://127.0.0.1:${String(sentinel.port)}/main`);
    const { redis } = client;
    const key = redis.key('t', 'a');
    const set = (value: string) => redis.call((commands) => commands.set(key, value, 5_000)).then(() => true);
    await waitFor(() => set('before'), { what: 'the master to be found' });
    expect(await server.admin.get(key)).toBe('before');
    const known = async () => JSON.stringify(await sentinel.admin.call('SENTINEL', 'REPLICAS', 'main'));
    await waitFor(async () => (await known()).includes('"master-link-status","ok"'), { timeoutMs: 30_000 });
    await sentinel.admin.call('SENTINEL', 'FAILOVER', 'main');
    const promoted = async () => (await replica.admin.info('replication')).includes('role:master');
    await waitFor(promoted, { what: 'the failover', timeoutMs: 20_000 });
    const moved = async () => (await set('after')) && (await replica.admin.get(key)) === 'after';
    await waitFor(moved, { what: 'commands to reach the new master', timeoutMs: 20_000 });
    expect(await promoted()).toBe(true);
    await sentinel.stop();
    await replica.stop();
  });
});

describe('TLS', () => {
  it('is never given up for a plain connection', async () => {
    server = await startRedis();
    client = new RedisClient(server.url.replace('redis:', 'rediss:'));
    await waitFor(() => logged.length > 0);
    await expect(read('1')).rejects.toThrow(RedisUnavailable);
    expect(client.redis.connectedSince).toBeUndefined();
  });
});
