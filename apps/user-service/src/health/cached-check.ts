import type { DependencyState } from './dependency-state.js';

/**
 * Asks at most once per `ttlMs`, one question at a time, and gives up after `timeoutMs`: however many probes come, the
 * dependency sees one of them. A question that fails or takes too long is answered with `onFailure`.
 */
export class CachedCheck {
  #running: Promise<DependencyState> | undefined;
  #known: { readonly state: DependencyState; readonly until: number } | undefined;

  constructor(
    private readonly ask: () => Promise<DependencyState>,
    private readonly onFailure: DependencyState,
    private readonly ttlMs: number,
    private readonly timeoutMs: number,
  ) {}

  get(): Promise<DependencyState> {
    if (this.#known !== undefined && performance.now() < this.#known.until) return Promise.resolve(this.#known.state);
    this.#running ??= this.once().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Forgets what is known: the next question is asked anew. */
  forget(): void {
    this.#known = undefined;
  }

  private async once(): Promise<DependencyState> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<DependencyState>((resolve) => {
      timer = setTimeout(() => {
        resolve(this.onFailure);
      }, this.timeoutMs);
    });
    const state = await Promise.race([this.ask().catch(() => this.onFailure), timeout]);
    clearTimeout(timer);
    this.#known = { state, until: performance.now() + this.ttlMs };
    return state;
  }
}
