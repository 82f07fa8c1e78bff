import { createReadStream } from 'node:fs';

const NEWLINE = 0x0a;
/** Longer than any line with a user in it; a file without line ends must not fill the memory. */
const LONGEST = 65_536;

export interface FileLine {
  /** From 1. */
  readonly number: number;
  /** `null` when it is longer than anything that is looked at. */
  readonly text: string | null;
  /** How much of the file has been read up to its end. */
  readonly bytes: number;
}

/** Cuts chunks into lines; holds on to no more than the beginning of one. */
class Splitter {
  #rest = Buffer.alloc(0);
  #tooLong = false;
  #number = 0;
  #bytes = 0;

  *take(chunk: Buffer): Generator<FileLine> {
    let buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let end = buffer.indexOf(NEWLINE); end >= 0; end = buffer.indexOf(NEWLINE)) {
      yield this.line(buffer.subarray(0, end), end + 1);
      buffer = buffer.subarray(end + 1);
    }
    this.keep(buffer);
  }

  *end(): Generator<FileLine> {
    if (this.#rest.length > 0 || this.#tooLong) yield this.line(this.#rest, this.#rest.length);
  }

  private line(content: Buffer, bytes: number): FileLine {
    this.#bytes += bytes;
    this.#number += 1;
    const text = this.#tooLong || content.length > LONGEST ? null : textOf(content);
    this.#tooLong = false;
    return { number: this.#number, text, bytes: this.#bytes };
  }

  private keep(buffer: Buffer): void {
    const over = buffer.length > LONGEST;
    if (over) {
      this.#tooLong = true;
      this.#bytes += buffer.length;
    }
    // A copy: a piece of a chunk would keep the whole of it.
    this.#rest = over ? Buffer.alloc(0) : Buffer.from(buffer);
  }
}

/** The lines of a file, one after the other and never more than one chunk of them in memory. Empty ones are left out. */
export async function* linesOfFile(path: string): AsyncGenerator<FileLine> {
  const splitter = new Splitter();
  for await (const chunk of createReadStream(path, { highWaterMark: LONGEST }) as AsyncIterable<Buffer>) {
    for (const line of splitter.take(chunk)) if (line.text !== '') yield line;
  }
  for (const line of splitter.end()) if (line.text !== '') yield line;
}

function textOf(bytes: Buffer): string {
  return bytes
    .toString('utf8')
    .replace(/^\u{feff}/u, '')
    .trim();
}
