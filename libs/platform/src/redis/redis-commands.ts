import { createHash } from 'node:crypto';

import type { Cluster, Redis as IORedis } from 'ioredis';

import { RedisUnavailable } from './redis-unavailable.js';

declare const hashed: unique symbol;

/** A key name as `Redis.key` makes them: nothing of what it stands for can be read from it. */
export type RedisKey = string & { readonly [hashed]: true };

/**
 * What can be asked of Redis. There is no way to write without a time to live.
 *
 * Never trust what comes back: anybody with access to Redis may have written it, and it may be older than what it
 * describes. Parse it, check its shape, and decide by it only what may be wrong until it expires.
 */
export interface RedisCommands {
  get(key: RedisKey): Promise<string | null>;
  /** @param ttlMs milliseconds, whole and above 0 */
  set(key: RedisKey, value: string, ttlMs: number): Promise<void>;
  /** Sets it only where nothing is yet, and answers whether that was so. */
  add(key: RedisKey, value: string, ttlMs: number): Promise<boolean>;
  delete(key: RedisKey): Promise<void>;
  /** Several steps as one. A script has to give every key that it writes a time to live. In a cluster: one key. */
  run(script: RedisScript, keys: readonly RedisKey[], values: readonly (string | number)[]): Promise<unknown>;
}

/** A Lua script, sent as its digest after the first time. */
export class RedisScript {
  readonly sha1: string;

  constructor(readonly source: string) {
    this.sha1 = createHash('sha1').update(source).digest('hex');
  }
}

export type Connection = IORedis | Cluster;

/** Leaves nothing of the driver's errors, which hold commands with their arguments. */
export function asUnavailable(error: unknown): RedisUnavailable {
  return new RedisUnavailable(isReply(error) ? 'refused' : 'disconnected');
}

export class IoredisCommands implements RedisCommands {
  constructor(private readonly connection: Connection) {}

  get(key: RedisKey): Promise<string | null> {
    return this.connection.get(key).catch(refuse);
  }

  async set(key: RedisKey, value: string, ttlMs: number): Promise<void> {
    await this.connection.set(key, value, 'PX', lifetime(ttlMs)).catch(refuse);
  }

  async add(key: RedisKey, value: string, ttlMs: number): Promise<boolean> {
    return (await this.connection.set(key, value, 'PX', lifetime(ttlMs), 'NX').catch(refuse)) === 'OK';
  }

  async delete(key: RedisKey): Promise<void> {
    await this.connection.del(key).catch(refuse);
  }

  run(script: RedisScript, keys: readonly RedisKey[], values: readonly (string | number)[]): Promise<unknown> {
    const { connection } = this;
    return connection
      .evalsha(script.sha1, keys.length, ...keys, ...values)
      .catch((error: unknown) => {
        // Redis forgets scripts when it restarts.
        if (!isReply(error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return connection.eval(script.source, keys.length, ...keys, ...values);
      })
      .catch(refuse);
  }
}

/** An error that Redis itself answered; ioredis has no type for it. */
function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

function refuse(error: unknown): never {
  throw asUnavailable(error);
}

function lifetime(ttlMs: number): number {
  if (!Number.isSafeInteger(ttlMs) || ttlMs <= 0) throw new RangeError('A time to live is whole and above 0');
  return ttlMs;
}
