export interface CircuitBreakerOptions {
  /** Failures in a row after which nobody is let through. */
  readonly threshold: number;
  /** Milliseconds until it is tried again. */
  readonly retryAfterMs: number;
  /** Resolves when the other side is well again. Must settle. */
  readonly probe: () => Promise<unknown>;
  readonly onChange: (state: BreakerState) => void;
}

export type BreakerState = 'closed' | 'open' | 'half_open';

/**
 * Keeps callers from waiting for something that does not answer. While it is open nobody waits: it finds out by itself,
 * with a probe of its own, when the other side is back, so that no request pays for the attempt.
 */
export class CircuitBreaker {
  #state: BreakerState = 'closed';
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: CircuitBreakerOptions) {}

  get state(): BreakerState {
    return this.#state;
  }

  /** What began before the breaker opened may end after it: only the probe closes it. */
  succeeded(): void {
    this.#failures = 0;
  }

  failed(): void {
    if (this.#state !== 'closed') return;
    this.#failures += 1;
    if (this.#failures >= this.options.threshold) this.#open();
  }

  /** Closes it: the other side has shown in another way that it is well. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#failures = 0;
    this.#become('closed');
  }

  /** Opens it for good, and tells nobody. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#state = 'open';
  }

  #open(): void {
    this.#become('open');
    this.#timer = setTimeout(() => {
      this.#become('half_open');
      this.options.probe().then(
        () => {
          if (this.#state === 'half_open') this.reset();
        },
        () => {
          if (this.#state === 'half_open') this.#open();
        },
      );
    }, this.options.retryAfterMs).unref();
  }

  #become(state: BreakerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.options.onChange(state);
  }
}
