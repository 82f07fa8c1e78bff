import { pino } from 'pino';

/** Where lines go in the end: stdout, or a collector in tests. */
export interface PageStream {
  write(page: string): unknown;
  flush?: (written: () => void) => void;
}

// A write costs the same for one line as for a hundred.
const PAGE_CHARACTERS = 32 * 1024;
const WRITE_EVERY_MS = 50;

/** What a stalled reader of stdout may leave waiting before new lines are dropped, in bytes. */
const MAX_BUFFERED = 8 * 1024 * 1024;

/**
 * Asynchronous, so that a slow reader never blocks the event loop. With a least length of 0 `flush` waits for nothing.
 * It is given bytes: of a string it would count them before the write and make them a second time after it.
 */
export function stdout(): PageStream {
  const bytes = { contentMode: 'buffer' as const };
  const stream = pino.destination({ dest: 1, sync: false, minLength: 1, maxLength: MAX_BUFFERED, ...bytes });
  return {
    // Typed for strings only; in this mode it takes nothing else.
    write: (page) => stream.write(Buffer.from(page) as unknown as string),
    flush: (written) => {
      stream.flush(written);
    },
  };
}

/**
 * Collects lines and hands them on by the page: when one is full, and a moment after its first line in any case. The
 * process does not end by itself before that.
 */
export class PagedDestination {
  #page = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly stream: PageStream) {}

  write(line: string): void {
    this.#page += line;
    if (this.#page.length >= PAGE_CHARACTERS) this.turn();
    else this.#timer ??= setTimeout(() => this.turn(), WRITE_EVERY_MS);
  }

  /** Calls back when everything so far is written. */
  flush(written: () => void): void {
    this.turn();
    if (this.stream.flush) this.stream.flush(written);
    else written();
  }

  private turn(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const page = this.#page;
    this.#page = '';
    if (page !== '') this.stream.write(page);
  }
}
