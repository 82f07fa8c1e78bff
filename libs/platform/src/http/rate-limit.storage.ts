import type { ThrottlerStorage } from '@nestjs/throttler';

interface Window {
  hits: number;
  readonly endsAt: number;
}

/** Times are whole seconds, rounded up. */
export interface RateLimitRecord extends Awaited<ReturnType<ThrottlerStorage['increment']>> {
  /** What is allowed where it was counted: all of the limit, or this instance's share. */
  readonly limit: number;
}

/** Where requests are counted. */
export abstract class RateLimitStorage implements ThrottlerStorage {
  /** Counts one request. @param ttl length of the window in milliseconds */
  abstract increment(key: string, ttl: number, limit: number): Promise<RateLimitRecord>;
}

/** What the throttler is told of a window in which so many requests came, and which ends in so many milliseconds. */
export function recordOf(hits: number, limit: number, millisecondsLeft: number): RateLimitRecord {
  const isBlocked = hits > limit;
  const timeToExpire = Math.max(1, Math.ceil(millisecondsLeft / 1_000));
  return { totalHits: hits, limit, timeToExpire, isBlocked, timeToBlockExpire: isBlocked ? timeToExpire : 0 };
}

/** About 10 MB at the most. Beyond it the caller that was quiet for longest is forgotten. */
const MAX_KEYS = 50_000;

/**
 * Request counts of this process: one fixed window per key, counted in one synchronous step, so that parallel requests
 * cannot slip through together. Times are monotonic: setting the clock forgives nobody.
 */
export class InProcessRateLimitStorage extends RateLimitStorage {
  readonly #windows = new Map<string, Window>();

  constructor(private readonly maxKeys = MAX_KEYS) {
    super();
  }

  override increment(key: string, ttl: number, limit: number): Promise<RateLimitRecord> {
    // Whole milliseconds: sums of fractions are not exact, and 60.000000001 s would be told as 61.
    const now = Math.floor(performance.now());
    const before = this.#windows.get(key);
    const window = before && before.endsAt > now ? before : { hits: 0, endsAt: now + ttl };
    // Beyond the first refusal the count carries no meaning and need not grow.
    window.hits = Math.min(window.hits + 1, limit + 2);
    // A Map keeps insertion order: removing and adding again makes it a least-recently-used list.
    this.#windows.delete(key);
    this.#windows.set(key, window);
    this.evict();
    return Promise.resolve(recordOf(window.hits, limit, window.endsAt - now));
  }

  /** How many callers are remembered. */
  get size(): number {
    return this.#windows.size;
  }

  private evict(): void {
    if (this.#windows.size <= this.maxKeys) return;
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined) this.#windows.delete(oldest);
  }
}
