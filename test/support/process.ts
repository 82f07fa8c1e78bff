import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../apps/local/src/ports.js';
import { waitFor } from './wait.js';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  /** On top of PATH and HOME, which are all that a process inherits from the tests, and of `COMPILED_ONCE`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** True makes the process leader of a group of its own, so that `signalGroup` reaches its children too. */
  readonly ownGroup?: boolean;
}

const ROOT = join(import.meta.dirname, '../..');

/** Processes of ours take a fifth less to start when Node finds compiled what another one compiled before. */
export const COMPILED_ONCE = { NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/compiled') };

const MAX_LINES = 20_000;
const LAST_OUTPUT_MS = 500;

/** A process under test, with every line it wrote. */
export class TestProcess {
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly exited: Promise<Exit>;

  private constructor(private readonly child: ChildProcess) {
    this.collect(child.stdout, this.stdout);
    this.collect(child.stderr, this.stderr);
    this.exited = exitOf(child);
    // A process that cannot be started rejects; who awaits `exited` hears of it, and nobody else has to.
    this.exited.catch(() => undefined);
  }

  static start(command: string, args: readonly string[], options: StartOptions = {}): TestProcess {
    const { env, cwd = ROOT, uid, gid, ownGroup = false } = options;
    const child = spawn(command, [...args], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...COMPILED_ONCE, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: ownGroup,
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    return new TestProcess(child);
  }

  /** Starts a built entry point, such as `apps/user-service/src/main.js`. */
  static startBuilt(entry: string, options: StartOptions & { args?: readonly string[] } = {}): TestProcess {
    return TestProcess.start(process.execPath, [join(ROOT, 'dist', entry), ...(options.args ?? [])], options);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('The process could not be started');
    return this.child.pid;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get output(): string {
    return [...this.stdout, ...this.stderr].join('\n');
  }

  /** The lines that are JSON objects, parsed: the service's log. */
  get log(): Record<string, unknown>[] {
    return this.stdout
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits for a line on either stream, and fails at once when the process ends without it. */
  async line(pattern: RegExp, timeoutMs = 30_000): Promise<string> {
    const find = (): string | undefined => [...this.stdout, ...this.stderr].find((line) => pattern.test(line));
    await waitFor(() => find() !== undefined || !this.isRunning, { timeoutMs, what: `${pattern} in:\n${this.output}` });
    if (!this.isRunning) await this.exited;
    const found = find();
    if (found === undefined) throw new Error(`The process ended without ${pattern}:\n${this.output}`);
    return found;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** As a terminal's Ctrl-C does; needs `ownGroup`. A group that is gone is no error. */
  signalGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Asks the process to end, and resolves when it has. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (this.isRunning) this.signal(signal);
    return this.exited;
  }

  private collect(stream: NodeJS.ReadableStream | null, lines: string[]): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > MAX_LINES) lines.shift();
    });
  }
}

/** Resolves when all output is read. Children that the process left behind may hold its pipes open a while longer. */
async function exitOf(child: ChildProcess): Promise<Exit> {
  const closed = once(child, 'close').catch(() => undefined);
  const [code, signal] = (await once(child, 'exit')) as [Exit['code'], Exit['signal']];
  await Promise.race([closed, delay(LAST_OUTPUT_MS, undefined, { ref: false })]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return { code, signal };
}

export interface TestService {
  readonly process: TestProcess;
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly port: number;
}

/** Starts a built service on a free port and waits until the path answers with the status. */
export async function startService(
  entry: string,
  env: Readonly<Record<string, string>>,
  ready: { path?: string; status?: number; timeoutMs?: number } = {},
): Promise<TestService> {
  const { path = '/health/ready', status = 200, timeoutMs = 30_000 } = ready;
  const port = await freePort();
  const started = TestProcess.startBuilt(entry, { env: { ...env, PORT: String(port), HOST: '127.0.0.1' } });
  const origin = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> =>
    !started.isRunning || (await fetch(`${origin}${path}`)).status === status;
  try {
    await waitFor(answers, { timeoutMs, what: `${entry} to answer ${status} at ${path}` });
    if (!started.isRunning) throw new Error(`${entry} ended while it started:\n${started.output}`);
  } catch (error) {
    await started.stop('SIGKILL');
    throw error;
  }
  return { process: started, origin, port };
}
