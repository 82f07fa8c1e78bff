import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { aNewApiKey } from '../../testing/api-keys.contract.js';
import { ApiKeyQueries, type ApiKeyListing } from '../application/api-key-ports.js';
import { ApiKey, type ApiKeyState } from '../domain/api-key.js';
import { ApiKeyCache } from './api-key-cache.js';
import { RandomApiKeyMint } from './api-key-mint.random.js';

const DOWN = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

/** A table with one key at most; it can be down, and it can hang. */
class Keys extends ApiKeyQueries {
  stored: ApiKeyState | null = null;
  reads = 0;
  failure: Error | undefined;
  gate: Promise<void> = Promise.resolve();

  async list(): Promise<ApiKeyListing[]> {
    throw new Error('not used here');
  }

  async byPrefix(prefix: string): Promise<ApiKeyState | null> {
    this.reads += 1;
    await this.gate;
    if (this.failure) throw this.failure;
    return this.stored?.prefix === prefix ? this.stored : null;
  }
}

const minted = new RandomApiKeyMint().mint();
const other = new RandomApiKeyMint().mint();
const LIVE = { live: true, keyId: aNewApiKey().id, scopes: ['tokens:introspect', 'gateway:verify'] };
const refused = (reason: string, keyId: string | null = LIVE.keyId) => ({ live: false, keyId, reason });

let clock: SettableClock;
let keys: Keys;
let cache: ApiKeyCache;

/** Time goes on, for the caches' monotonic clock and for timers; what is due by then happens. */
const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  clock = new SettableClock();
  keys = new Keys();
  keys.stored = ApiKey.create(aNewApiKey(minted), clock.now()).state;
  cache = new ApiKeyCache(keys, clock);
});
afterEach(() => {
  jest.useRealTimers();
});

describe('The cache of API keys', () => {
  it('answers at once, and asks nobody, for what was read within the last second', async () => {
    expect(await cache.verify(minted.key)).toEqual(LIVE);
    await pass(400);

    expect(cache.verify(minted.key)).toEqual(LIVE);
    expect(keys.reads).toBe(1);
  });

  it('reads a key in use anew before its time is over, so that no request waits', async () => {
    await cache.verify(minted.key);
    for (let turn = 0; turn < 20; turn += 1) {
      await pass(100);
      expect(cache.verify(minted.key)).toEqual(LIVE);
    }

    expect(keys.reads).toBeLessThan(7);
  });

  it.each([500, 1_000])('AK-03 refuses a revoked key within a second, asked every %i ms', async (every) => {
    await cache.verify(minted.key);
    keys.stored = { ...keys.stored!, revokedAt: clock.now() };
    for (let passed = 0; passed < 1_000; passed += every) {
      await pass(every);
      await cache.verify(minted.key);
    }

    expect(await cache.verify(minted.key)).toEqual(refused('revoked'));
  });

  it('reads once for 50 requests at a time', async () => {
    const verdicts = await Promise.all(Array.from({ length: 50 }, async () => cache.verify(minted.key)));

    expect(verdicts).toEqual(Array.from({ length: 50 }, () => LIVE));
    expect(keys.reads).toBe(1);
  });

  it('refuses a wrong secret behind a known prefix, an unknown prefix, and what is no key', async () => {
    const wrong = `usk_${minted.prefix}_${other.key.slice(-43)}`;

    expect(await cache.verify(wrong)).toEqual(refused('wrong_secret'));
    expect(await cache.verify(other.key)).toEqual(refused('unknown', null));
    expect(cache.verify('usk_nonsense')).toEqual(refused('unknown', null));
  });

  it('asks once a second for a prefix that nobody has, however often it comes', async () => {
    for (let turn = 0; turn < 100; turn += 1) await cache.verify(other.key);

    expect(keys.reads).toBe(1);
  });

  it('keeps the keys that exist when strangers make up thousands', async () => {
    await cache.verify(minted.key);
    for (let turn = 0; turn < 2_500; turn += 1) await cache.verify(new RandomApiKeyMint().mint().key);
    keys.reads = 0;

    expect(await cache.verify(minted.key)).toEqual(LIVE);
    expect(keys.reads).toBe(0);
  });

  it('AK-02 refuses a key from the instant at which it expires, though it was read before', async () => {
    await cache.verify(minted.key);
    clock.set(new Date(keys.stored!.expiresAt.getTime() - 1).toISOString());
    expect(cache.verify(minted.key)).toEqual(LIVE);
    clock.advance({ milliseconds: 1 });

    expect(cache.verify(minted.key)).toEqual(refused('expired'));
  });

  describe('while PostgreSQL is down', () => {
    it('lets a key that was good within the last minute in, and says nothing about it afterwards', async () => {
      await cache.verify(minted.key);
      keys.failure = DOWN;
      await pass(59_000);
      expect(await cache.verify(minted.key)).toEqual(LIVE);
      await pass(1_001);

      await expect(cache.verify(minted.key)).rejects.toBe(DOWN);
    });

    it('says nothing about a key that it has not seen, a wrong one included', async () => {
      keys.failure = DOWN;

      await expect(cache.verify(minted.key)).rejects.toBe(DOWN);
      await expect(cache.verify(other.key)).rejects.toBe(DOWN);
    });

    it('AK-03 goes on to refuse a key that it knows to be revoked', async () => {
      keys.stored = { ...keys.stored!, revokedAt: clock.now() };
      await cache.verify(minted.key);
      keys.failure = DOWN;
      await pass(30_000);

      expect(await cache.verify(minted.key)).toEqual(refused('revoked'));
    });

    it('asks again now and then only, and hears when it is back', async () => {
      await cache.verify(minted.key);
      keys.failure = DOWN;
      await pass(1_000);
      for (let turn = 0; turn < 50; turn += 1) await cache.verify(minted.key);
      expect(keys.reads).toBe(2);

      keys.failure = undefined;
      keys.stored = { ...keys.stored!, revokedAt: clock.now() };
      await pass(600);
      expect(await cache.verify(minted.key)).toEqual(refused('revoked'));
    });

    it('a defect of ours is none of its failures: it is never papered over', async () => {
      await cache.verify(minted.key);
      keys.failure = new TypeError('no such column');
      await pass(1_000);

      await expect(cache.verify(minted.key)).rejects.toThrow('no such column');
    });
  });

  it('waits 300 ms for a PostgreSQL that hangs, once, when it has an older answer', async () => {
    await cache.verify(minted.key);
    keys.gate = new Promise(() => undefined);
    await pass(1_000);
    const asked = cache.verify(minted.key);
    await pass(300);

    expect(await asked).toEqual(LIVE);
    expect(cache.verify(minted.key)).toEqual(LIVE);
  });

  it('AK-05 names a key for counting its requests when it was verified within the last minute', async () => {
    expect(cache.recentlyVerified(minted.key)).toBeUndefined();
    await cache.verify(minted.key);

    expect(cache.recentlyVerified(minted.key)).toBe(LIVE.keyId);
    expect(cache.recentlyVerified(`usk_${minted.prefix}_${other.key.slice(-43)}`)).toBeUndefined();
    expect(cache.recentlyVerified(other.key)).toBeUndefined();
    await pass(60_001);
    expect(cache.recentlyVerified(minted.key)).toBeUndefined();
  });
});
