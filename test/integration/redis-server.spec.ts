import { afterEach, describe, expect, it } from '@jest/globals';

import { startRedis, type TestRedis } from '../support/redis.js';

let redis: TestRedis;
afterEach(() => redis.stop());

describe('The Redis of the tests', () => {
  it('forgets everything when it is killed, and comes back on the same port', async () => {
    redis = await startRedis();
    await redis.admin.set('a', '1', 'EX', 60);
    const { port } = redis;
    await redis.restart();

    expect(redis.port).toBe(port);
    expect(await redis.admin.get('a')).toBeNull();
  });

  it('finds its snapshot again when it keeps one', async () => {
    redis = await startRedis({ snapshots: true });
    await redis.admin.set('a', '1', 'EX', 60);
    await redis.admin.save();
    await redis.admin.set('a', '2', 'EX', 60);
    await redis.restart();

    expect(await redis.admin.get('a')).toBe('1');
  });

  it('answers nothing while it is paused', async () => {
    redis = await startRedis();
    const impatient = redis.admin.duplicate({ commandTimeout: 100 });
    expect(await impatient.ping()).toBe('PONG');
    redis.pause();

    await expect(impatient.ping()).rejects.toThrow('timed out');
    redis.resume();
    expect(await impatient.ping()).toBe('PONG');
    impatient.disconnect();
  });
});
