import { RedisScript, RedisUnavailable, type Redis } from '#platform/redis';

import { InProcessRateLimitStorage, RateLimitStorage, recordOf, type RateLimitRecord } from './rate-limit.storage.js';

/**
 * Counts and looks at the clock in one step, so that parallel requests on any number of instances cannot slip through
 * together. Whatever else is found under the name begins a window of its own: another type, a count that this script
 * never wrote, no end or one that lies too far ahead. Nobody is locked out for good by what somebody wrote to Redis.
 */
const COUNT = new RedisScript(`
local window = tonumber(ARGV[1])
local hits = redis.pcall('INCR', KEYS[1])
if type(hits) ~= 'number' or hits < 1 then
  redis.call('DEL', KEYS[1])
  hits = redis.call('INCR', KEYS[1])
end
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left > window then
  redis.call('SET', KEYS[1], 1, 'PX', window)
  return { 1, window }
end
return { hits, left }
`);

/**
 * Counts in Redis, exactly, for all instances together. While Redis is out of reach, and where there is none, each
 * instance counts by itself and lets its share through.
 */
export class SharedRateLimitStorage extends RateLimitStorage {
  readonly #alone = new InProcessRateLimitStorage();

  /** @param replicas how many instances share the limit */
  constructor(
    private readonly redis: Redis,
    private readonly replicas: number,
  ) {
    super();
  }

  override async increment(key: string, ttl: number, limit: number): Promise<RateLimitRecord> {
    if (!this.redis.configured) return this.#countAlone(key, ttl, limit);
    try {
      const name = this.redis.key('rate', key);
      const counted = await this.redis.call((commands) => commands.run(COUNT, [name], [ttl]));
      return recordFrom(counted, limit);
    } catch (error) {
      if (error instanceof RedisUnavailable) return this.#countAlone(key, ttl, limit);
      throw error;
    }
  }

  #countAlone(key: string, ttl: number, limit: number): Promise<RateLimitRecord> {
    return this.#alone.increment(key, ttl, Math.max(1, Math.floor(limit / this.replicas)));
  }
}

function recordFrom(counted: unknown, limit: number): RateLimitRecord {
  const [hits, left] = Array.isArray(counted) ? (counted as unknown[]) : [];
  if (typeof hits !== 'number' || typeof left !== 'number') throw new RedisUnavailable('refused');
  return recordOf(hits, limit, left);
}
