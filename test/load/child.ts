import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { onCore } from './cores.js';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'typescript.mjs')).href;
const FLAGS = ['--experimental-transform-types', '--no-warnings=ExperimentalWarning', '--import', PRELOAD];

/** A script of this folder in a process of its own, so that load and limits take nothing from what is measured. */
export class Child {
  private constructor(private readonly process: ChildProcess) {}

  /** `input` reaches the script by `inputOf`. */
  static start(script: string, input: unknown, core?: number): Child {
    const [program = process.execPath, ...before] = core === undefined ? [] : onCore(core);
    const started = fork(join(import.meta.dirname, script), [JSON.stringify(input)], {
      execPath: program,
      execArgv: before.length > 0 ? [...before, process.execPath, ...FLAGS] : FLAGS,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return new Child(started);
  }

  /** The next thing the script tells its parent; rejects when the script ends instead. */
  async answer<T>(): Promise<T> {
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      return await Promise.race([
        once(this.process, 'message', { signal }).then(([message]) => message as T),
        once(this.process, 'exit', { signal }).then(([code, how]) => {
          throw new Error(`${this.process.spawnargs.at(-2) ?? ''} ended early (${String(code ?? how)})`);
        }),
      ]);
    } finally {
      waiting.abort();
    }
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }
}

/** Runs a script of this folder to its one answer. */
export async function run<T>(script: string, input: unknown): Promise<T> {
  const child = Child.start(script, input);
  try {
    return await child.answer<T>();
  } finally {
    await child.stop();
  }
}

/** In the script: what its parent started it with. */
export function inputOf<T>(): T {
  process.once('disconnect', () => process.exit());
  return JSON.parse(process.argv[2] ?? 'null') as T;
}

/** In the script: tells the parent. */
export function tell(message: object): void {
  process.send?.(message);
}
