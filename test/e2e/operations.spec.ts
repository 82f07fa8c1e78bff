import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startService, type TestService } from '../support/process.js';
import { TcpProxy, through } from '../support/tcp-proxy.js';
import { createTestDatabase, openSql, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait.js';

const MAIN = 'apps/user-service/src/main.js';
// Code that runs inside of the service and throws when it is told to, as a defect would.
const DEFECT = `data:text/javascript,process.once('SIGUSR2',()=>{throw new TypeError('of kim@example.com')})`;

let database: TestDatabase;
let proxy: TcpProxy;
let directory: string;
let service: TestService;

async function start(env: Record<string, string> = {}, awaited = '/health/ready'): Promise<void> {
  const all = {
    DEBUG: 'true',
    LOG_LEVEL: 'debug',
    DATABASE_URL: through(proxy, database.url),
    JWT_SECRET: randomBytes(64).toString('hex'),
    DATA_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    BLIND_INDEX_KEY: randomBytes(32).toString('base64'),
    MAIL_DIR: directory,
    RATE_LIMIT_ENABLED: 'false',
    SHUTDOWN_DRAIN_SECONDS: '0',
    ...env,
  };
  service = await startService(MAIN, all, { path: awaited });
}

async function status(path: string, headers: Record<string, string> = {}): Promise<number> {
  const answer = await fetch(`${service.origin}${path}`, { headers, signal: AbortSignal.timeout(5_000) });
  await answer.arrayBuffer();
  return answer.status;
}

const becomes = (path: string, expected: number, timeoutMs = 10_000): Promise<unknown> =>
  waitFor(async () => (await status(path)) === expected, { timeoutMs, what: `${path} to answer ${String(expected)}` });

/** One request on a kept connection; resolves to the status, or to the error's code when there was no answer. */
function ask(
  agent: Agent,
  method: string,
  path: string,
  body?: object,
  more: Record<string, string> = {},
): Promise<number | string> {
  return new Promise((resolve) => {
    const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more };
    const sent = request({ port: service.port, host: '127.0.0.1', agent, method, path, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => {
        resolve(answer.statusCode ?? 0);
      });
    });
    sent.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? 'error');
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

describe('The operations of the service', () => {
  beforeAll(async () => {
    database = await createTestDatabase();
    const { hostname, port } = new URL(database.url);
    proxy = await TcpProxy.start({ host: hostname, port: Number(port) });
    directory = await mkdtemp(join(tmpdir(), 'operations-'));
  });

  afterEach(async () => {
    await proxy.restore();
    await service.process.stop('SIGKILL');
  });

  afterAll(async () => {
    await proxy.refuse();
    await database.drop();
    await rm(directory, { recursive: true });
  });

  it('OP-01 OP-04 lives on without PostgreSQL, says within 10 s that it is not ready, and recovers by itself', async () => {
    await start();
    await proxy.refuse();
    await becomes('/health/ready', 503);
    expect(await status('/health/live')).toBe(200);
    expect(await status('/health')).toBe(503);
    expect(await status('/health/startup')).toBe(200);
    await proxy.restore();
    await becomes('/health/ready', 200);
    expect(service.process.isRunning).toBe(true);
  }, 60_000);

  it('OP-01 starts without PostgreSQL, and is ready when it comes', async () => {
    await proxy.refuse();
    await start({}, '/health/live');
    expect(await status('/health/live')).toBe(200);
    expect(await status('/health/ready')).toBe(503);
    expect(await status('/health/startup')).toBe(503);
    await proxy.restore();
    await becomes('/health/ready', 200);
    expect(await status('/health/startup')).toBe(200);
  }, 60_000);

  it('OP-04 survives that PostgreSQL ends all of its connections, ten times', async () => {
    await start();
    const admin = await openSql(database.adminUrl);
    for (let round = 0; round < 10; round += 1) {
      await status('/api/v1/users/me');
      await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`);
      await delay(50);
      expect(await status('/health/live')).toBe(200);
    }
    await admin.close();
    await becomes('/health/ready', 200);
    expect(service.process.isRunning).toBe(true);
    expect(service.process.log.filter(({ level }) => level === 'fatal')).toEqual([]);
  }, 60_000);

  it('OP-02 loses no request of a load balancer that obeys readiness, and exits 0', async () => {
    await start({ SHUTDOWN_DRAIN_SECONDS: '3', LOG_LEVEL: 'info' });
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const answers = new Map<number | string, number>();
    let routed = true;
    // Somebody else each time: too many failures of one would be refused.
    let calls = 0;
    const nobody = (): object => ({
      email: `nobody.${(calls += 1)}@example.com`,
      password: 'not the password of anybody',
    });
    const client = async (index: number): Promise<void> => {
      while (routed) {
        const answer = await (index % 4 === 0
          ? ask(agent, 'POST', '/api/v1/auth/login', nobody())
          : ask(agent, 'GET', '/api/v1/users/me'));
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    };
    const clients = Array.from({ length: 12 }, (_, index) => client(index));
    await delay(500);
    const asked = performance.now();
    service.process.signal('SIGTERM');
    await becomes('/health/ready', 503, 1_000);
    // Endpoint removal lags behind readiness.
    await delay(1_000);
    routed = false;
    await Promise.all(clients);
    expect(await service.process.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - asked).toBeLessThan(10_000);
    agent.destroy();
    expect([...answers.keys()]).toEqual([401]);
    expect(answers.get(401)).toBeGreaterThan(50);
    expect(service.process.log.map(({ event }) => event)).toContain('shutdown_finished');
  }, 60_000);

  it('ends at an uncaught error with code 1 and exactly one fatal line, without its personal data', async () => {
    await start({ NODE_OPTIONS: `--import=${DEFECT.replaceAll(' ', '%20')}` });
    service.process.signal('SIGUSR2');
    expect(await service.process.exited).toEqual({ code: 1, signal: null });
    const fatal = service.process.log.filter(({ level }) => level === 'fatal');
    expect(fatal).toHaveLength(1);
    expect(fatal[0]).toMatchObject({ event: 'process_crashed', err: { type: 'TypeError', message: 'of [email]' } });
    expect(service.process.output).not.toContain('kim@');
  }, 60_000);

  it('LO-01 LO-02 LO-03 writes nothing but JSON lines with their fields, whatever callers send', async () => {
    await start();
    const agent = new Agent();
    const hostile = 'canary-name@example.com';
    // NEL and CSI: what a header may hold of control characters.
    const headers = { 'user-agent': 'canary\u0085\u009b31m', authorization: 'Bearer canary.bearer.token' };
    await ask(agent, 'GET', '/api/v1/users/me?token=canary-query', undefined, headers);
    await ask(agent, 'POST', '/api/v1/auth/login', { email: hostile, password: 'canary-password-1' });
    await ask(agent, 'POST', '/api/v1/auth/register', {
      email: 'a\r\n{"level":"fatal"}',
      password: 'canary-password-2',
    });
    await ask(agent, 'GET', '/canary-path/usr_canarytoken');
    await service.process.stop('SIGTERM');
    const { stdout } = service.process;
    for (const line of stdout) {
      expect(JSON.parse(line)).toMatchObject({
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
        level: expect.stringMatching(/^(trace|debug|info|warn|error|fatal)$/) as unknown,
        service: 'user-service',
        event: expect.any(String) as unknown,
      });
    }
    const requests = service.process.log.filter(
      ({ event, route }) => event === 'http_request' && route !== '/health/ready',
    );
    expect(requests.map(({ method, route, status: code }) => [method, route, code])).toEqual([
      ['GET', '/api/v1/users/me', 401],
      ['POST', '/api/v1/auth/login', 401],
      ['POST', '/api/v1/auth/register', 400],
      ['GET', 'unmatched', 404],
    ]);
    for (const line of requests) {
      expect(line).toMatchObject({
        requestId: expect.any(String) as unknown,
        durationMs: expect.any(Number) as unknown,
        actorType: 'anonymous',
        outcome: expect.any(String) as unknown,
        client: '127.0.0.0/24',
      });
    }
    expect(stdout.join('\n')).not.toContain('canary');
    expect(stdout.some((line) => line.includes('"dropped"'))).toBe(false);
  }, 60_000);

  it('has figures of requests, the pool and the hash queue on /metrics', async () => {
    await start();
    await status('/api/v1/users/me');
    const text = await (await fetch(`${service.origin}/metrics`)).text();
    expect(text).toContain('http_requests_total{method="GET",route="/api/v1/users/me",code="401",slo="core"} 1');
    expect(text).toMatch(/pg_pool_connections\{state="idle"\} \d/);
    expect(text).toMatch(/password_hash_queued 0/);
    expect(text).toContain('security_events_total{event="authz_fail"} 0');
    const warnings = (): unknown[] => service.process.log.filter(({ event }) => event === 'metrics_unprotected');
    await waitFor(async () => warnings().length > 0, { what: 'the warning' });
    expect(warnings()).toHaveLength(1);
  }, 60_000);

  it('HT-12 shows neither figures nor documentation to strangers in production', async () => {
    const token = randomBytes(24).toString('base64url');
    await start({
      DEBUG: 'false',
      METRICS_TOKEN: token,
      SMTP_URL: 'smtp://127.0.0.1:2525',
      AUDIT_SERVICE_URL: 'http://127.0.0.1:9',
      PUBLIC_BASE_URL: 'https://id.example.com',
      JWT_SECRET: randomBytes(64).toString('base64url'),
    });
    expect(await status('/metrics')).toBe(401);
    expect(await status('/metrics', { authorization: `Bearer ${token}` })).toBe(200);
    for (const path of ['/docs', '/docs/', '/openapi.json', '/openapi.yaml']) expect(await status(path)).toBe(404);
  }, 60_000);
});
