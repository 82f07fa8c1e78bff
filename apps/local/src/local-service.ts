import { join } from 'node:path';
import type { DataDirectory } from './data-directory.js';
import { LocalRunError } from './local-run-error.js';
import { lastWords, ManagedProcess } from './managed-process.js';
import { isPortBusy } from './ports.js';
import { shortPath, type LocalSettings } from './settings.js';
import { waitUntil } from './wait-until.js';

const PORT_PATIENCE_MS = 10_000; // for the service of a killed run, which ends by itself
const READY_MS = 60_000;
const PROBE_MS = 1_000;
const STOP_MS = 30_000;

export interface ServiceDescription {
  /** As it is called in sentences. */
  readonly name: string;
  readonly entry: string;
  readonly logFile: string;
  readonly listenHost: string;
  /** Address to connect to. */
  readonly host: string;
  readonly port: number;
  /** The variable that moves it to another port. */
  readonly portVariable: string;
}

/** One of the services of a local run, from its port to its end. */
export class LocalService {
  private child: ManagedProcess | undefined;

  constructor(
    private readonly description: ServiceDescription,
    private readonly settings: LocalSettings,
  ) {}

  /** Before anything is made: a busy port is known at once. */
  async checkPort(patient: boolean): Promise<void> {
    const { port, listenHost } = this.description;
    const isFree = async (): Promise<boolean> => {
      try {
        return !(await isPortBusy(port, listenHost));
      } catch (cause) {
        throw new LocalRunError(`Nothing can listen on ${listenHost}, port ${port}: ${String(cause)}`, { cause });
      }
    };
    if (!(await waitUntil(isFree, patient ? PORT_PATIENCE_MS : 0))) throw this.busyPort();
  }

  start(directory: DataDirectory, env: Readonly<Record<string, string>>): void {
    const { entry, logFile } = this.description;
    this.child = ManagedProcess.start(entry, env, join(directory.log, logFile));
  }

  async untilReady(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const { host, port, name } = this.description;
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/health/ready`;
    const settled = await waitUntil(async () => !child.isRunning || (await answersOk(url)), READY_MS);
    if (!settled) throw new LocalRunError(`The ${name} is not ready after ${READY_MS / 1000} s; see ${this.log()}.`);
    if (!child.isRunning) throw await this.failure(child);
  }

  /** Rejects when it ends by itself. */
  async broken(): Promise<never> {
    const { child } = this;
    if (child === undefined) throw new Error('It was never started');
    await child.exited;
    throw await this.failure(child);
  }

  async stop(): Promise<void> {
    await this.child?.stop(STOP_MS);
  }

  kill(): void {
    this.child?.kill('SIGKILL');
  }

  private async failure(child: ManagedProcess): Promise<LocalRunError> {
    const how = await child.exited;
    if (child.output.includes('EADDRINUSE')) return this.busyPort();
    return new LocalRunError(
      `The ${this.description.name} ended (${typeof how === 'number' ? `exit code ${how}` : how}): ` +
        `${lastWords(child.output) || 'it wrote nothing'} (log: ${this.log()})`,
    );
  }

  private busyPort(): LocalRunError {
    const { port, portVariable } = this.description;
    return new LocalRunError(`Port ${port} is in use: stop what listens there, or set another ${portVariable}.`);
  }

  private log(): string {
    return shortPath(this.settings, 'log', this.description.logFile);
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) })).ok;
  } catch {
    return false;
  }
}
