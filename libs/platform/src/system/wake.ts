/** Lets those who bring work wake those who do it, within this process. */
export class Wake {
  #called = false;
  readonly #waiting = new Set<() => void>();

  /** Ends all waits, or the next one if nobody waits now. */
  call(): void {
    if (this.#waiting.size === 0) this.#called = true;
    for (const wake of this.#waiting) wake();
  }

  /** Waits for `ms` (for ever unless told) or for a call, one that came while nobody waited included. True when it was called. */
  async wait(ms?: number): Promise<boolean> {
    if (this.#called) {
      this.#called = false;
      return true;
    }
    return new Promise<boolean>((resolve) => {
      const end = (called: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve(called);
      };
      const wake = (): void => {
        end(true);
      };
      const timer = ms === undefined ? undefined : setTimeout(end, ms, false);
      this.#waiting.add(wake);
    });
  }
}
