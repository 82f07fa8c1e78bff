import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalRunError } from './local-run-error.js';

export type ExitReason = number | NodeJS.Signals;

const EXIT_WITH_PARENT = new URL('./exit-with-parent.js', import.meta.url).href;
/**
 * A local run is mostly idle: a small young generation saves about 40 MB and costs a busy service little. By the other
 * flag the service gives back what loading its code has left over.
 */
const MEMORY_FLAGS = ['--max-semi-space-size=16', '--expose-gc'];
const DIST = fileURLToPath(new URL('../../../', import.meta.url));

/** A Node process of the local run. It writes into its log file and never outlives the run. */
export class ManagedProcess {
  readonly exited: Promise<ExitReason>;
  private readonly logStart: number;

  private constructor(
    private readonly child: ChildProcess,
    private readonly logFile: string,
    logStart: number,
  ) {
    this.logStart = logStart;
    this.exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as ExitReason);
    this.exited.catch(() => undefined); // whoever waits for it hears of it
  }

  /** `entry` is relative to `dist/`. */
  static start(entry: string, env: Readonly<Record<string, string>>, logFile: string): ManagedProcess {
    const path = join(DIST, entry);
    if (statSync(path, { throwIfNoEntry: false }) === undefined) {
      throw new LocalRunError(`dist/${entry} is missing: run npm run build.`);
    }
    const log = openSync(logFile, 'a', 0o600);
    try {
      const logStart = statSync(logFile).size;
      const child = spawn(process.execPath, [...MEMORY_FLAGS, '--import', EXIT_WITH_PARENT, path], {
        env: { ...env },
        stdio: ['ignore', log, log, 'ipc'],
        // A group of its own keeps the terminal's Ctrl-C away: the run stops its processes one after another.
        detached: true,
      });
      return new ManagedProcess(child, logFile, logStart);
    } finally {
      closeSync(log);
    }
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** What the process has written so far. */
  get output(): string {
    return readFileSync(this.logFile).subarray(this.logStart).toString();
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Asks the process to end; one that does not listen is killed. */
  async stop(patienceMs: number): Promise<void> {
    if (!this.isRunning) return;
    this.kill('SIGTERM');
    const patience = setTimeout(() => this.kill('SIGKILL'), patienceMs);
    await this.exited;
    clearTimeout(patience);
  }
}

/** The last thing a process had to say, in one line: the message of a JSON log line, or the line itself. */
export function lastWords(output: string): string {
  const line =
    output
      .trim()
      .split('\n')
      .findLast((text) => text.trim() !== '' && !text.startsWith('    at ')) ?? '';
  try {
    const parsed = JSON.parse(line) as { msg?: unknown; err?: { message?: unknown } };
    const message = parsed.err?.message ?? parsed.msg;
    return typeof message === 'string' ? message : line;
  } catch {
    return line;
  }
}
