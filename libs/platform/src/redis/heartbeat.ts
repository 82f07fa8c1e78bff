import { HEARTBEAT_MS, within } from './limits.js';
import type { Connection } from './redis-commands.js';

/** Beats in a row that a connection may miss: one can be bad luck. */
const MOST_MISSES = 2;

/**
 * Drops a connection that is there but does not answer, which TCP alone would take minutes to notice. That includes one
 * whose greeting is never answered: the kernel of a stopped server still accepts.
 */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout;
  #misses = 0;

  constructor(private readonly connection: Connection) {
    this.#timer = setInterval(() => void this.#beat(), HEARTBEAT_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    if (await this.#isWell()) {
      this.#misses = 0;
      return;
    }
    this.#misses += 1;
    if (this.#misses < MOST_MISSES) return;
    this.#misses = 0;
    this.connection.disconnect(true);
  }

  /** No connection is no dead one. */
  async #isWell(): Promise<boolean> {
    const { status } = this.connection;
    if (status !== 'ready') return status !== 'connect';
    return within(HEARTBEAT_MS / 2, this.connection.ping()).then(
      () => true,
      () => false,
    );
  }
}
