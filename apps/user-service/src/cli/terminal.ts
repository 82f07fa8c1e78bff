import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

import type { Terminal } from './command.js';

/** The process's own terminal, or whatever is piped into it. */
export const terminal: Terminal = {
  async readSecret(prompt: string): Promise<string> {
    const typed = process.stdin.isTTY;
    if (typed) process.stderr.write(prompt);
    // What is typed is echoed into nothing.
    const output = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: process.stdin, output, terminal: typed });
    try {
      for await (const line of lines) return line;
      return '';
    } finally {
      lines.close();
      if (typed) process.stderr.write('\n');
    }
  },
  print(line: string): void {
    process.stdout.write(`${line}\n`);
  },
  note(line: string): void {
    process.stderr.write(`${line}\n`);
  },
  // To the first column, and whatever stood there is wiped out (ECMA-48, EL).
  status: process.stderr.isTTY ? (line) => void process.stderr.write(`\r\u001b[2K${line}`) : undefined,
};
