import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';

interface Window {
  hits: number;
  readonly endsAt: number;
}

type StorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** About 10 MB at the most. Beyond it the address that was quiet for longest is forgotten. */
const MAX_KEYS = 50_000;

/**
 * Request counts of this process: one fixed window per key, counted in one synchronous step, so that parallel requests
 * cannot slip through together. Times are monotonic: setting the clock forgives nobody.
 */
@Injectable()
export class InProcessRateLimitStorage implements ThrottlerStorage {
  readonly #windows = new Map<string, Window>();

  constructor(private readonly maxKeys = MAX_KEYS) {}

  /** @param ttl length of the window in milliseconds; times in the answer are whole seconds, rounded up */
  increment(key: string, ttl: number, limit: number): Promise<StorageRecord> {
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
    const isBlocked = window.hits > limit;
    const timeToExpire = Math.max(1, Math.ceil((window.endsAt - now) / 1_000));
    return Promise.resolve({
      totalHits: window.hits,
      timeToExpire,
      isBlocked,
      timeToBlockExpire: isBlocked ? timeToExpire : 0,
    });
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#windows.size;
  }

  private evict(): void {
    if (this.#windows.size <= this.maxKeys) return;
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined) this.#windows.delete(oldest);
  }
}
