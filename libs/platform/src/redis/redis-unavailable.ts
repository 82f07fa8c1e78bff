/**
 * - `not_configured`: there is no `REDIS_URL`.
 * - `disconnected`: there is no connection right now, or it was lost on the way.
 * - `bypassed`: Redis was slow lately and is not asked until it answers again.
 * - `timeout`: no answer in time. What was asked for may still happen.
 * - `refused`: Redis answered with an error: out of memory, no permission, a key of another type.
 */
export type RedisTrouble = 'not_configured' | 'disconnected' | 'bypassed' | 'timeout' | 'refused';

/**
 * Redis did not do it. The caller goes on without: Redis holds nothing that cannot be lost. It carries neither host nor
 * key nor value, which the driver's own errors do.
 */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable';

  constructor(readonly reason: RedisTrouble) {
    super(`Redis: ${reason}`);
  }
}
