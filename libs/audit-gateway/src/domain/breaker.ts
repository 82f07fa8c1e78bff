import { backOffSeconds, unauthorizedSeconds } from './back-off.js';

const THRESHOLD = 3;

export type BreakerState = 'closed' | 'half_open' | 'open';

/** Why the last attempt failed, as far as the pace depends on it. */
export interface Failure {
  readonly unauthorized: boolean;
  readonly retryAfterSeconds: number;
}

/**
 * How fast this process may ask the Audit Service. Closed: all lanes at once. After a few failures in a row it opens:
 * nobody asks until a pause is over, then one lane does (half open), and its success lets the others in again.
 *
 * Times are milliseconds of a clock that only goes forward.
 */
export class Breaker {
  #failures = 0;
  #openUntil = 0;
  #probing = false;
  #unauthorized = false;

  constructor(private readonly random: () => number) {}

  state(now: number): BreakerState {
    if (!this.isOpen) return 'closed';
    return this.#probing || now >= this.#openUntil ? 'half_open' : 'open';
  }

  /** Milliseconds until somebody may ask; 0 when that is now. While a probe is under way nobody else may. */
  wait(now: number): number {
    if (!this.isOpen) return 0;
    return this.#probing ? Infinity : Math.max(0, this.#openUntil - now);
  }

  /** Somebody asks now. Call only when `wait` said 0. */
  begin(): void {
    if (this.isOpen) this.#probing = true;
  }

  /** Whoever began did not ask after all. */
  abandon(): void {
    this.#probing = false;
  }

  /** True while the last answer was that our key is not good. */
  get isUnauthorized(): boolean {
    return this.#unauthorized;
  }

  /** True when this ends an outage. */
  succeeded(): boolean {
    const wasOpen = this.isOpen;
    this.#unauthorized = false;
    this.#failures = 0;
    this.#probing = false;
    return wasOpen;
  }

  failed(now: number, { unauthorized, retryAfterSeconds }: Failure): void {
    this.#probing = false;
    this.#unauthorized = unauthorized;
    // Both are said by the receiver for all of us, so nobody has to find out for each lane.
    const isForAll = unauthorized || retryAfterSeconds > 0;
    this.#failures = isForAll ? Math.max(this.#failures + 1, THRESHOLD) : this.#failures + 1;
    const seconds = unauthorized
      ? unauthorizedSeconds(this.random())
      : backOffSeconds(this.#failures, this.random(), retryAfterSeconds);
    this.#openUntil = Math.max(this.#openUntil, now + seconds * 1_000);
  }

  /** Somebody else has seen that the receiver is back: the next one may ask at once. */
  retryNow(): void {
    this.#openUntil = 0;
  }

  private get isOpen(): boolean {
    return this.#failures >= THRESHOLD;
  }
}
