import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis as Client } from 'ioredis';
import { freePort } from '../../apps/local/src/ports.js';
import { findProgram } from './system-program.js';
import { waitFor } from './wait.js';

export interface TestRedisOptions {
  /** Keep a snapshot on the disk (`SAVE` by hand, and when it is stopped), so that a restart finds it. */
  readonly snapshots?: boolean;
  readonly password?: string;
  /** A configuration file, which a Sentinel needs: it writes into it. */
  readonly config?: string;
  /** More of the server's own options: `['--maxmemory', '2mb', '--maxmemory-policy', 'noeviction']`. */
  readonly args?: readonly string[];
}

/** A real redis-server on a free port, which ends with the test's process however that ends. */
export interface TestRedis {
  /** For `startTestApp({ REDIS_URL: redis.url })`. */
  readonly url: string;
  readonly port: number;
  /** The folder of its snapshot, `dump.rdb`. */
  readonly directory: string;
  /** Asks the server itself, past the service; `CLIENT PAUSE` and the like. */
  readonly admin: Client;
  /** As the power does. */
  kill(): Promise<void>;
  /** Starts it again on the same port, after `kill` or instead of what runs. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open and are still accepted, and nothing answers. */
  pause(): void;
  /** SIGCONT */
  resume(): void;
  /** Ends it for good and removes what it wrote. */
  stop(): Promise<void>;
}

/**
 * Prints the server's process id and waits for it. The other half waits for the end of its input, which comes when the
 * test's process is gone, even by SIGKILL.
 */
const WATCHED = `
  exec 3<&0
  "$@" & server=$!
  echo $server
  (cat <&3 >/dev/null; kill -9 $server) 2>/dev/null & watcher=$!
  wait $server
  kill $watcher
`;

export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const program = findProgram({
    names: ['redis-server'],
    package: 'redis-server',
    missing: 'The tests need redis-server on the PATH: install it, on Debian with "apt-get install redis-server".',
  });
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'redis-'));
  const { password } = options;
  const admin = new Client({
    port,
    host: '127.0.0.1',
    lazyConnect: true,
    retryStrategy: () => 50,
    ...(password === undefined ? {} : { password }),
  });
  admin.on('error', () => undefined);
  const configFile = join(directory, 'server.conf');
  await writeFile(configFile, options.config ?? '');
  const command = [program, configFile, ...serverArguments(options, port, directory)];
  let server = await start(command, admin);
  const kill = async (): Promise<void> => {
    if (server.child.exitCode !== null) return;
    const exited = once(server.child, 'exit');
    process.kill(server.pid, 'SIGKILL');
    await exited;
    server.child.stdin?.destroy();
  };
  return {
    url: `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    port,
    directory,
    admin,
    kill,
    restart: async () => {
      await kill();
      server = await start(command, admin);
    },
    pause: () => void process.kill(server.pid, 'SIGSTOP'),
    resume: () => void process.kill(server.pid, 'SIGCONT'),
    stop: async () => {
      admin.disconnect();
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function serverArguments({ snapshots, password, args = [] }: TestRedisOptions, port: number, dir: string): string[] {
  const fixed = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    dir,
    '--logfile',
    'redis.log',
    '--appendonly',
    'no',
  ];
  const saved = ['--save', snapshots === true ? '3600 1' : ''];
  return [...fixed, ...saved, ...(password === undefined ? [] : ['--requirepass', password]), ...args];
}

interface Server {
  readonly child: ChildProcess;
  readonly pid: number;
}

async function start(command: readonly string[], admin: Client): Promise<Server> {
  const child = spawn('/bin/sh', ['-c', WATCHED, 'sh', ...command], { stdio: ['pipe', 'pipe', 'ignore'] });
  const [pid] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  await waitFor(async () => child.exitCode !== null || (await isUp(admin)), { what: 'redis-server to answer' });
  if (child.exitCode !== null) throw new Error(`redis-server ended at once: ${command.join(' ')}`);
  return { child, pid: Number(pid) };
}

async function isUp(admin: Client): Promise<boolean> {
  if (admin.status === 'wait') await admin.connect().catch(() => undefined);
  if (admin.status !== 'ready') return false;
  await admin.ping();
  return true;
}
