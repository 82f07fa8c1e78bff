import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ApiClient } from '../support/api-client.js';
import { runCli } from '../support/api-keys.js';
import { mailsIn } from '../support/mails.js';
import { startService, type TestProcess } from '../support/process.js';
import type { Sql } from '../support/sql.js';
import { testEnvironment } from '../support/test-app.js';
import { APP_USER } from '../support/test-database.js';
import { waitFor } from '../support/wait.js';

/** One process of the service. */
export interface Instance {
  readonly origin: string;
  readonly api: ApiClient;
  readonly process: TestProcess;
}

export interface Readiness {
  readonly code: number;
  readonly status: unknown;
}

/** Two processes of the service on one database, and what stands around them. */
export interface Stage {
  readonly instances: readonly [Instance, Instance];
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface StageOptions {
  /** How each instance gets to the same database. */
  readonly databaseUrls: readonly [string, string];
  readonly redisUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What `/health/ready` answers at first. */
  readonly readyStatus?: number;
}

/** Limits are counted, so that this path meets the fault as well, but nobody reaches them. */
const COUNTED = { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_PER_MINUTE: '1000000' };

const JUMP = `const now = performance.now.bind(performance); let by = 0;
  process.on('SIGUSR2', () => { by += 61_000; }); performance.now = () => now() + by;`;

/** Environment of a process for which, at each SIGUSR2, 61 s pass: what it remembers grows old, and no token expires. */
export const JUMPS_ON_SIGUSR2 = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(JUMP)}` };

export async function startStage({ databaseUrls, redisUrl, env = {}, readyStatus }: StageOptions): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'faults-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(home, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  const audit = await startListener();
  closers.push(async () => void audit.close());
  const common = {
    ...testEnvironment(databaseUrls[0], home),
    ...COUNTED,
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    AUDIT_SERVICE_URL: `http://127.0.0.1:${(audit.address() as AddressInfo).port}`,
    LOG_LEVEL: 'warn',
    REPLICAS: '2',
    SHUTDOWN_DRAIN_SECONDS: '0',
    ...env,
  };
  const start = async (url: string): Promise<Instance> => {
    const ready = readyStatus === undefined ? {} : { status: readyStatus };
    const service = await startService('apps/user-service/src/main.js', { ...common, DATABASE_URL: url }, ready);
    closers.push(() => service.process.stop('SIGKILL'));
    const mail = (to: string, count: number) => waitFor(async () => (await mailsIn(home, to))[count - 1]);
    return { origin: service.origin, process: service.process, api: new ApiClient(service.origin, mail) };
  };
  try {
    return { instances: [await start(databaseUrls[0]), await start(databaseUrls[1])], env: common, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ends every connection of the service, and tells how many there were. */
export async function terminateAll(admin: Sql): Promise<number> {
  const all = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1';
  return (await admin.query(all, [APP_USER])).length;
}

/** The same until none is left, also of those that were only being made and show late. */
export async function terminateLast(admin: Sql): Promise<void> {
  let quiet = 0;
  const isQuiet = async (): Promise<boolean> => {
    quiet = (await terminateAll(admin)) === 0 ? quiet + 1 : 0;
    return quiet >= 10;
  };
  await waitFor(isQuiet, { what: 'the last connection to end' });
}

/** A key with which a gateway asks whether a token is good. */
export function createGatewayKey({ env }: Stage): string {
  const { out, err } = runCli({ env }, 'create-api-key', '--name', 'gateway', '--scopes', 'tokens:introspect');
  const key = /usk_\S+/.exec(out)?.[0];
  if (key === undefined) throw new Error(`No key was made: ${err}`);
  return key;
}

export async function readiness({ origin }: Instance): Promise<Readiness> {
  const answer = await fetch(`${origin}/health/ready`);
  return { code: answer.status, status: ((await answer.json()) as { status?: unknown }).status };
}

/** Waits until every instance is as expected, and returns how many milliseconds that took. */
export async function untilReadiness(stage: Stage, code: number, status: string, timeoutMs = 10_000): Promise<number> {
  const begun = performance.now();
  const isThere = async (): Promise<boolean> => {
    const all = await Promise.all(stage.instances.map(readiness));
    return all.every((each) => each.code === code && each.status === status);
  };
  await waitFor(isThere, { timeoutMs, what: `both instances to be ${code} ${status}` });
  return performance.now() - begun;
}

/** A figure of `/metrics`, summed over its labels; `pattern` picks among those. */
export async function figure({ origin }: Instance, name: string, pattern = /^/): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(name) && pattern.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** Stands where the Audit Service would: readiness then tells of the fault under test alone. */
async function startListener(): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
