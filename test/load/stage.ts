import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { freePort } from '../../apps/local/src/ports.js';
import { startTestCluster } from '../support/postgres-cluster.js';
import { createDatabase } from '../support/service-database.js';
import { openSql } from '../support/sql.js';
import { waitFor } from '../support/wait.js';
import { onCore } from './cores.js';

const ROOT = join(import.meta.dirname, '../..');

/** A service as in production (but for the rate limit) on a PostgreSQL that flushes to disk. */
export interface Stage {
  readonly origin: string;
  readonly databaseUrl: string;
  /** base64 */
  readonly blindIndexKey: string;
  /** Proven accounts, all with `PASSWORD`. */
  readonly addresses: readonly string[];
  /** Bytes that the service holds before its first request. */
  readonly idleMemory: number;
  /** Of the service, for its commands and for another instance. */
  readonly env: Readonly<Record<string, string>>;
  /** A folder that is gone afterwards. */
  readonly home: string;
  /** Starts another instance beside the first, and answers its origin. */
  another(): Promise<string>;
  stop(): Promise<void>;
}

export interface StageOptions {
  /** Node's own, for the service. */
  readonly flags?: readonly string[];
  /** The only core that the service may use. */
  readonly core?: number;
  readonly redisUrl?: string;
  /** On top of the usual one. */
  readonly env?: Readonly<Record<string, string>>;
}

export const PASSWORD = 'a lighthouse keeps no secrets';
const ACCOUNTS = 32;
const PATIENCE_MS = 30_000;

export const MEMORY = 'process_resident_memory_bytes';

export async function startStage({ flags = [], core, redisUrl, env: more = {} }: StageOptions = {}): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'bench-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(home, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const cluster = await startTestCluster({ durable: true });
    closers.push(() => cluster.stop());
    const databaseUrl = await createDatabase(cluster);
    const mails = await startMailSink();
    closers.push(async () => void mails.close());
    const blindIndexKey = randomBytes(32).toString('base64');
    const smtp = `smtp://127.0.0.1:${(mails.address() as AddressInfo).port}`;
    const env = { ...environment(databaseUrl, smtp), BLIND_INDEX_KEY: blindIndexKey, ...withRedis(redisUrl), ...more };
    const command = [...(core === undefined ? [] : onCore(core)), 'sh', '-c', await startCommand(flags)];
    const another = async (): Promise<string> => {
      const port = await freePort();
      const logFile = join(home, `service-${port}.log`);
      const service = startService(command, { ...env, PORT: String(port) }, logFile);
      closers.push(() => stopService(service));
      await untilReady(`http://127.0.0.1:${port}`, service, logFile);
      return `http://127.0.0.1:${port}`;
    };
    const origin = await another();
    const idleMemory = await metric(origin, MEMORY);
    const addresses = await makeAccounts(origin, databaseUrl);
    return { origin, databaseUrl, blindIndexKey, addresses, idleMemory, env, home, another, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What `npm run start:prod` runs, variables and flags included, so that what is measured is what production gets. */
async function startCommand(flags: readonly string[]): Promise<string> {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  // Of flags that are given twice Node takes the last: production's.
  return (scripts['start:prod'] ?? '').replace('exec node', ['exec node', ...flags].join(' '));
}

function environment(databaseUrl: string, smtpUrl: string): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    SMTP_URL: smtpUrl,
    // Nobody listens there: events wait in the outbox.
    AUDIT_SERVICE_URL: 'http://127.0.0.1:9',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'info',
    RATE_LIMIT_ENABLED: 'false',
    JWT_SECRET: randomBytes(64).toString('hex'),
    DATA_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    SHUTDOWN_DRAIN_SECONDS: '0',
  };
}

const withRedis = (url: string | undefined): Record<string, string> => (url === undefined ? {} : { REDIS_URL: url });

function startService(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  logFile: string,
): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  const [program = '', ...args] = command;
  try {
    // The shell becomes the service; the node of this process is the one that it finds.
    const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);
    return spawn(program, args, { cwd: ROOT, env: { PATH, ...env }, stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}

async function untilReady(origin: string, service: ChildProcess, logFile: string): Promise<void> {
  await waitFor(async () => service.exitCode !== null || (await fetch(`${origin}/health/ready`)).ok, {
    timeoutMs: 30_000,
    what: 'the service to be ready',
  });
  if (service.exitCode !== null) throw new Error(`The service ended:\n${await readFile(logFile, 'utf8')}`);
}

async function stopService(service: ChildProcess): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  const ended = once(service, 'exit');
  service.kill('SIGTERM');
  await ended;
}

/** Registers through the service, and proves the addresses in the database. */
async function makeAccounts(origin: string, databaseUrl: string): Promise<string[]> {
  const addresses = Array.from({ length: ACCOUNTS }, (_, index) => `bench-${index}@example.com`);
  for (const email of addresses) {
    const { status } = await post(`${origin}/api/v1/auth/register`, { email, password: PASSWORD });
    if (status !== 202) throw new Error(`A registration was answered ${status}`);
  }
  const sql = await openSql(databaseUrl);
  await sql.query('UPDATE user_service.users SET email_verified_at = now()');
  await sql.close();
  return addresses;
}

export async function post(url: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await send(url, body);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

function send(url: string, body: object): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
}

/** An access token of the stage's first account. */
export async function signIn({ origin, addresses }: Stage): Promise<string> {
  const { status, body } = await post(`${origin}/api/v1/auth/login`, { email: addresses[0], password: PASSWORD });
  if (status !== 200) throw new Error(`A sign-in was answered ${status}`);
  return String(body['accessToken']);
}

/** Signs every account in once. Returns what makes each device a known one, in the order of the accounts. */
export async function knownDevices({ origin, addresses }: Stage): Promise<string[]> {
  const tokens: string[] = [];
  for (const email of addresses) {
    const { status, headers } = await send(`${origin}/api/v1/auth/login`, { email, password: PASSWORD });
    const token = headers.get('x-device-token');
    if (status !== 200 || token === null) throw new Error(`A sign-in was answered ${status}`);
    tokens.push(token);
  }
  return tokens;
}

/** Signs everybody out, so that nobody's sign-in has to end an older session. */
export async function endSessions({ databaseUrl }: Stage): Promise<void> {
  const sql = await openSql(databaseUrl);
  await sql.query(
    `UPDATE user_service.sessions SET revoked_at = now(), revoke_reason = 'logout' WHERE revoked_at IS NULL`,
  );
  await sql.close();
}

/** A figure that the service tells about itself on `/metrics`. */
export async function metric(origin: string, name: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`));
  if (line === undefined) throw new Error(`No ${name} on /metrics`);
  return Number(line.slice(line.lastIndexOf(' ')));
}

/** Waits until the mails of the last registrations are out, so that the next measurement does not pay for them. */
export async function untilMailsAreSent({ databaseUrl }: Stage): Promise<void> {
  const sql = await openSql(databaseUrl);
  const due = `SELECT 1 FROM user_service.outbox WHERE topic = 'mail' AND available_at < 'infinity' LIMIT 1`;
  await waitFor(async () => (await sql.query(due)).length === 0, { timeoutMs: 60_000, what: 'the mails to be sent' });
  await sql.close();
}

/** A mail server that takes everything and keeps nothing. */
async function startMailSink(): Promise<Server> {
  const server = createServer((socket) => {
    let inData = false;
    let buffer = '';
    socket.on('error', () => socket.destroy());
    socket.write('220 sink\r\n');
    socket.on('data', (chunk) => {
      buffer += chunk.toString('latin1');
      for (let end = ending(buffer, inData); end > 0; end = ending(buffer, inData)) {
        const command = buffer.slice(0, 4).toUpperCase();
        buffer = buffer.slice(end);
        inData = !inData && command === 'DATA';
        socket.write(inData ? '354 go on\r\n' : command === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n');
      }
    });
  });
  server.unref();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Where the command, or the mail, that begins the text ends; 0 while it is not complete. */
function ending(text: string, inData: boolean): number {
  const mark = inData ? '\r\n.\r\n' : '\r\n';
  const at = text.indexOf(mark);
  return at < 0 ? 0 : at + mark.length;
}
