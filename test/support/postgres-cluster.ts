import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresCluster, SUPERUSER } from '../../apps/local/src/postgres-cluster.js';
import { stopOrphan } from '../../apps/local/src/postmaster.js';

export interface TestCluster {
  readonly port: number;
  readonly password: string;
  /** Process id of the postmaster, for a test that kills or pauses it. */
  readonly pid: number;
  /** What the server logs. */
  readonly logFile: string;
  adminUrl(database: string): string;
  url(user: string, password: string, database: string): string;
  /** As an operator does (`fast`: with a checkpoint), or as the power does (`kill`: what is not on the disk is lost). */
  halt(how: 'fast' | 'kill'): Promise<void>;
  /** Starts it again on its port, after `halt`. */
  restart(): Promise<void>;
  /** Starts the server again as one that follows another, on another port: it is read, and takes no writes. */
  restartAsStandby(): Promise<void>;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

const PREFIX = 'user-service-test-';
const OWNER_FILE = 'owner.pid';
/** No test run takes so long: whatever is older is left over, even if its process id is in use again. */
const OLDEST_MS = 24 * 60 * 60 * 1000;

const PARAMETERS = { max_connections: '300', shared_buffers: '64MB', autovacuum_naptime: '10s' };
const NOT_DURABLE = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
};

/** A PostgreSQL in a temporary directory. `durable` keeps fsync on, for tests that crash the server. */
export async function startTestCluster(options: { durable?: boolean } = {}): Promise<TestCluster> {
  const durable = options.durable ?? false;
  await removeLeftovers();
  const home = await mkdtemp(join(tmpdir(), PREFIX));
  await writeFile(join(home, OWNER_FILE), String(process.pid));
  await chmod(home, 0o711); // root's server runs as another user and passes through here
  const password = randomBytes(24).toString('base64url');
  const logFile = join(home, 'postgres.log');
  const directory = join(home, 'postgres');
  const instance = (): PostgresCluster =>
    new PostgresCluster({
      directory,
      logFile,
      superuserPassword: password,
      parameters: durable ? PARAMETERS : { ...PARAMETERS, ...NOT_DURABLE },
      durable,
      ownProcessGroup: false,
    });
  let cluster = instance();
  await cluster.create();
  await cluster.start();
  const endWithUs = (): void => void cluster.process?.kill('SIGQUIT');
  process.once('exit', endWithUs);
  return {
    port: cluster.port,
    password,
    get pid() {
      return cluster.process?.pid ?? 0;
    },
    logFile,
    adminUrl: (database) => cluster.url(SUPERUSER, password, database),
    url: (user, secret, database) => cluster.url(user, secret, database),
    halt: async (how) => {
      const server = cluster.process;
      if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
      const exited = once(server, 'exit');
      server.kill(how === 'fast' ? 'SIGINT' : 'SIGKILL');
      await exited;
    },
    restart: () => cluster.start(cluster.port),
    restartAsStandby: async () => {
      await cluster.stop();
      const signal = join(directory, 'standby.signal');
      await writeFile(signal, '');
      const { uid, gid } = await stat(directory);
      await chown(signal, uid, gid);
      cluster = instance();
      await cluster.start();
    },
    stop: async () => {
      process.off('exit', endWithUs);
      await cluster.stop('immediate');
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Ends and removes what killed test runs of this user left in the temporary directory. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const home = join(tmpdir(), name);
    if (!name.startsWith(PREFIX) || !(await isLeftover(home))) continue;
    await stopOrphan(join(home, 'postgres'));
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function isLeftover(home: string): Promise<boolean> {
  try {
    const { uid, mtimeMs } = await stat(home);
    if (uid !== process.getuid?.()) return false;
    return Date.now() - mtimeMs > OLDEST_MS || !isAlive(Number(readFileSync(join(home, OWNER_FILE), 'utf8')));
  } catch {
    return false; // just being made, or just being removed, by another run
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
