import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from './wait.js';

const README = join(import.meta.dirname, '../../README.md');
const STEP_TIMEOUT_MS = 40_000;

/** The commands of the README's tour, one entry for each block, in order. */
export function tourSteps(): string[] {
  const [, tour = ''] = /^## A two-minute tour$(.*?)^## /ms.exec(readFileSync(README, 'utf8')) ?? [];
  return [...tour.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands = '']) => commands);
}

/** One shell that a reader of the README pastes the steps into; variables live on between them. */
export class TourShell {
  private output = '';
  private readonly shell: ChildProcessWithoutNullStreams;

  /** The addresses are the README's, moved to where this run listens and keeps its mails. */
  constructor(
    private readonly local: { readonly port: number; readonly auditPort: number; readonly data: string },
    folder: string,
  ) {
    this.shell = spawn('bash', ['-s'], { cwd: folder, env: { PATH: process.env['PATH'] } });
    for (const stream of [this.shell.stdout, this.shell.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  /** Runs one step as it is written and returns everything it printed. */
  async run(step: string): Promise<string> {
    const end = `end-${randomUUID()}`;
    this.output = '';
    const commands = step
      .replaceAll('localhost:8000', `localhost:${String(this.local.port)}`)
      .replaceAll('localhost:8001', `localhost:${String(this.local.auditPort)}`)
      .replaceAll('.data/', `${this.local.data}/`);
    this.shell.stdin.write(`${commands}\nprintf '\\n${end}\\n'\n`);
    await waitFor(() => this.output.includes(end), { timeoutMs: STEP_TIMEOUT_MS });
    return this.output.slice(0, this.output.indexOf(end)).trim();
  }

  close(): void {
    this.shell.stdin.end();
    this.shell.kill('SIGKILL');
  }
}
