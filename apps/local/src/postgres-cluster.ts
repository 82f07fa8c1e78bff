import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { chown, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalRunError } from './local-run-error.js';
import { freePort } from './ports.js';
import { postgresBinaries } from './postgres-binaries.js';
import { readPostmasterFile } from './postmaster.js';
import { launchAs, serverAccount, type Account, type Launch } from './server-account.js';
import { waitUntil } from './wait-until.js';

export const SUPERUSER = 'postgres';

export interface ClusterOptions {
  /** Absolute path of the data directory; its parent exists. */
  readonly directory: string;
  readonly logFile: string;
  readonly superuserPassword: string;
  /** Server parameters on top of the fixed ones. */
  readonly parameters: Readonly<Record<string, string>>;
  /** False saves the flush of a new data directory to disk, for data that nobody keeps. */
  readonly durable: boolean;
  /** True keeps a terminal's Ctrl-C from the server, for a caller that stops it itself. */
  readonly ownProcessGroup: boolean;
}

const READY_MS = 60_000; // replaying the log after a crash takes its time
const FAST_STOP_MS = 20_000;
const ATTEMPTS = 20;
const RETRY_MS = 250;
/** Between the name of the data directory and what tells the unfinished ones apart. */
const HALF = '.new-';
const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';
/** Somebody took the port meanwhile, or the last backends of a killed server are still leaving. */
const PASSING = /could not create any TCP\/IP sockets|pre-existing shared memory block/;

/** A PostgreSQL server of our own on 127.0.0.1, from the binaries that npm installed. */
export class PostgresCluster {
  private readonly binaries = postgresBinaries();
  private readonly account: Account | undefined;
  private readonly launch: Launch;
  /** The server, or initdb before it. */
  private server: ChildProcess | undefined;
  private boundPort = 0;
  private isStopped = false;

  constructor(private readonly options: ClusterOptions) {
    this.account = serverAccount(options.directory);
    this.launch = launchAs(this.account, [this.binaries.postgres, options.directory]);
  }

  get port(): number {
    return this.boundPort;
  }

  /** The postmaster, once `start` has resolved. */
  get process(): ChildProcess | undefined {
    return this.server;
  }

  static existsAt(directory: string): boolean {
    return existsSync(join(directory, 'PG_VERSION'));
  }

  /** Makes the data directory beside its place and moves it there when it is complete, so that a kill leaves no half. */
  async create(): Promise<void> {
    await this.removeHalves();
    // The initdb of a killed run may still be at work in its own.
    const workshop = `${this.options.directory}${HALF}${randomUUID()}`;
    const data = join(workshop, 'data');
    const passwordFile = join(workshop, 'password');
    await mkdir(workshop, { mode: 0o700 });
    await writeFile(passwordFile, this.options.superuserPassword, { mode: 0o600 });
    if (this.account !== undefined) {
      for (const path of [workshop, passwordFile]) await chown(path, this.account.uid, this.account.gid);
    }
    await this.initdb(data, passwordFile);
    await rename(data, this.options.directory);
    await rm(workshop, { recursive: true, force: true });
  }

  /** Starts the server and waits until it answers, on the port if one is given, else on any that is free. */
  async start(port?: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.boundPort = port ?? (await freePort());
      const failure = await this.tryToStart();
      if (failure === undefined) return;
      if (attempt === ATTEMPTS || !PASSING.test(failure)) {
        throw new LocalRunError(`PostgreSQL did not start: ${lastComplaint(failure)} (log: ${this.options.logFile})`);
      }
      await delay(RETRY_MS);
    }
  }

  /** Resolves when the server has ended. `immediate` skips the checkpoint; the next start replays the log. */
  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    this.isStopped = true;
    const server = this.server;
    if (server === undefined || hasEnded(server)) return;
    const ended = once(server, 'exit');
    server.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    const patience = setTimeout(() => server.kill('SIGQUIT'), FAST_STOP_MS);
    await ended;
    clearTimeout(patience);
  }

  url(user: string, password: string, database: string): string {
    return clusterUrl(this.port, user, password, database);
  }

  private async removeHalves(): Promise<void> {
    const { dir, base } = parse(this.options.directory);
    for (const name of await readdir(dir)) {
      if (name.startsWith(`${base}${HALF}`)) await rm(join(dir, name), { recursive: true, force: true, maxRetries: 5 });
    }
  }

  private async initdb(data: string, passwordFile: string): Promise<void> {
    const child = this.spawn(this.binaries.initdb, [
      `--pgdata=${data}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The built-in provider sorts alike on every machine and does not depend on an installed locale.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(this.options.durable ? [] : ['--no-sync']),
    ]);
    const code = await exitCode(child);
    if (code !== 0) throw new LocalRunError(`initdb failed with code ${code} (log: ${this.options.logFile})`);
  }

  /** Returns what the server wrote when it ended instead of becoming ready. */
  private async tryToStart(): Promise<string | undefined> {
    const logged = sizeOf(this.options.logFile);
    const parameters = { ...this.fixedParameters(), ...this.options.parameters };
    const flags = Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = this.spawn(this.binaries.postgres, ['-D', this.options.directory, ...flags]);
    let failed = '';
    server.once('error', (error) => (failed = error.message));
    const isReady = (): boolean => {
      const file = readPostmasterFile(this.options.directory);
      return file !== undefined && file.pid === server.pid && file.status === 'ready';
    };
    if (!(await waitUntil(() => failed !== '' || hasEnded(server) || isReady(), READY_MS))) {
      server.kill('SIGQUIT');
      return `not ready after ${READY_MS / 1000} s`;
    }
    if (failed !== '') return failed;
    return hasEnded(server) ? readFileSync(this.options.logFile).subarray(logged).toString() : undefined;
  }

  private fixedParameters(): Record<string, string> {
    return {
      port: String(this.boundPort),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      timezone: 'UTC',
      log_timezone: 'UTC',
      // Terse leaves out DETAIL lines, which quote the values of rows.
      log_error_verbosity: 'terse',
    };
  }

  private spawn(command: string, args: readonly string[]): ChildProcess {
    if (this.isStopped) throw new LocalRunError('PostgreSQL was stopped while it started.');
    const [file, ...rest] = [...this.launch.prefix, command, ...args];
    const log = openSync(this.options.logFile, 'a', 0o600);
    try {
      this.server = spawn(file ?? command, rest, {
        ...this.launch.ids,
        cwd: '/',
        // Nothing of the caller's PG* variables, locale or secrets is the server's business.
        env: { PATH: SYSTEM_PATH, LC_ALL: 'C' },
        stdio: ['ignore', log, log],
        detached: this.options.ownProcessGroup,
      });
      return this.server;
    } finally {
      closeSync(log);
    }
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function exitCode(child: ChildProcess): Promise<number | NodeJS.Signals> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? signal ?? 1;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function lastComplaint(log: string): string {
  const lines = log.trim().split('\n');
  const complaint = lines.findLast((line) => /FATAL|PANIC|error/.test(line)) ?? lines.at(-1) ?? '';
  return complaint.replace(/^.*?(FATAL|PANIC):\s*/, '');
}

/** The address of a cluster on this machine. */
export function clusterUrl(port: number, user: string, password: string, database: string): string {
  return `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}
