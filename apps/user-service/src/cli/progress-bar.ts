import type { Terminal } from './command.js';

const CELLS = 30;
const EVERY_MS = 200;

/** How far a long command is: a bar where somebody looks on, a line for every tenth where the output is kept. */
export class ProgressBar {
  readonly #startedAt = performance.now();
  #shownAt = -Infinity;
  #tenth = 0;

  constructor(
    private readonly whole: number,
    private readonly terminal: Terminal,
  ) {}

  show(done: number, detail: string): void {
    const part = this.whole === 0 ? 1 : Math.min(1, done / this.whole);
    if (this.terminal.status !== undefined) this.draw(part, detail);
    else if (Math.floor(part * 10) > this.#tenth) {
      this.#tenth = Math.floor(part * 10);
      this.terminal.note(`${String(this.#tenth * 10)} % (${detail}, ${this.seconds()} s)`);
    }
  }

  end(): void {
    this.terminal.status?.('');
  }

  private draw(part: number, detail: string): void {
    const now = performance.now();
    if (now - this.#shownAt < EVERY_MS && part < 1) return;
    this.#shownAt = now;
    const full = Math.round(part * CELLS);
    const bar = `${'█'.repeat(full)}${'░'.repeat(CELLS - full)}`;
    this.terminal.status?.(`${bar} ${String(Math.floor(part * 100)).padStart(3)} %  ${detail}  ${this.seconds()} s`);
  }

  private seconds(): string {
    return ((performance.now() - this.#startedAt) / 1_000).toFixed(0);
  }
}
