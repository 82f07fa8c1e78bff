import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Lifecycle } from '#platform/lifecycle';
import { AppLogger, createLogger } from '#platform/logging';
import { AuditCheck } from './audit-check.js';
import { DatabaseCheck } from './database-check.js';
import { UP, degraded, down, type DependencyState } from './dependency-state.js';
import { AuditBacklog, CacheProbe, HealthSettings } from './health-settings.js';
import { HealthModule } from './health.module.js';
import { EventLoopCheck } from './machine-checks.js';
import type { HealthReport } from './health.service.js';

type Line = Record<string, unknown>;

let app: NestFastifyApplication;
let audit: Server;
let database: DependencyState;
let cache: (() => Promise<void>) | undefined;
let lines: Line[];
let backlog: AuditBacklog;

function settingsModule(auditPort: number): unknown {
  const settings: HealthSettings = {
    databaseUrl: 'postgresql://nobody@127.0.0.1:1/none',
    migrations: ['First1'],
    auditServiceUrl: `http://127.0.0.1:${String(auditPort)}`,
    diskPath: '/',
  };
  const logger = createLogger(
    { level: 'info', service: 'user-service', version: '1' },
    { write: (line) => void lines.push(JSON.parse(line) as Line) },
  );
  const providers = [
    { provide: HealthSettings, useValue: settings },
    { provide: AppLogger, useValue: logger },
    { provide: AuditBacklog, useValue: backlog },
    { provide: CacheProbe, useValue: { configured: cache !== undefined, ping: () => cache!() } },
  ];
  @Global()
  @Module({ providers, exports: providers.map(({ provide }) => provide) })
  class Settings {}
  return Settings;
}

async function create(): Promise<void> {
  audit = createServer().listen(0, '127.0.0.1');
  await once(audit, 'listening');
  const { port } = audit.address() as { port: number };
  const module = await Test.createTestingModule({ imports: [settingsModule(port) as never, HealthModule] })
    .overrideProvider(DatabaseCheck)
    .useValue({ state: () => Promise.resolve(database) })
    .compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
}

async function start(): Promise<void> {
  await create();
  await app.init();
  await app.get(AuditCheck).refresh();
}

async function probe(path: string): Promise<{ code: number; report: HealthReport; cacheControl: unknown }> {
  const answer = await app.inject(path);
  return {
    code: answer.statusCode,
    report: answer.json<HealthReport>(),
    cacheControl: answer.headers['cache-control'],
  };
}

describe('The health endpoints', () => {
  beforeEach(() => {
    database = UP;
    cache = undefined;
    lines = [];
    backlog = { trouble: undefined };
  });

  afterEach(async () => {
    await app.close();
    audit.close();
  });

  it('say that all is well, in detail, and are never cached', async () => {
    await start();
    const { code, report, cacheControl } = await probe('/health');
    expect(code).toBe(200);
    expect(cacheControl).toBe('no-store');
    expect(report.details).toEqual({
      database: { status: 'up' },
      redis: { status: 'up', reason: 'not_configured' },
      audit: { status: 'up' },
      disk: expect.objectContaining({ status: expect.stringMatching(/^(up|degraded)$/) }) as unknown,
      eventLoop: { status: 'up' },
    });
    expect((await probe('/health/ready')).report.status).toBe('ok');
    expect((await probe('/health/startup')).code).toBe(200);
    expect(await probe('/health/live')).toEqual({ code: 200, report: { status: 'ok' }, cacheControl: 'no-store' });
  });

  it.each(['unreachable', 'migrations_pending'] as const)(
    'OP-01 answer 503 when the database is %s, but the process is alive',
    async (reason) => {
      await start();
      database = down(reason);
      for (const path of ['/health', '/health/ready']) {
        const { code, report } = await probe(path);
        expect([path, code, report.status]).toEqual([path, 503, 'error']);
        expect(report.details['database']).toEqual({ status: 'down', reason });
      }
      expect((await probe('/health/live')).code).toBe(200);
      database = UP;
      expect((await probe('/health/ready')).code).toBe(200);
    },
  );

  it('OP-01 stay 200 but degraded without the cache and without the Audit Service', async () => {
    cache = () => Promise.reject(new Error('connect ECONNREFUSED redis.internal:6379'));
    await start();
    await new Promise((resolve) => audit.close(resolve));
    await app.get(AuditCheck).refresh();
    for (const path of ['/health', '/health/ready']) {
      const { code, report } = await probe(path);
      expect([code, report.status]).toEqual([200, 'degraded']);
      expect(report.details).toMatchObject({ redis: degraded('unreachable'), audit: degraded('unreachable') });
      expect(JSON.stringify(report)).not.toMatch(/internal|ECONN|127\.0\.0\.1/);
    }
  });

  it.each(['backlog', 'key_refused'] as const)(
    'AU-13 are degraded while audit events cannot leave: %s',
    async (trouble) => {
      backlog = { trouble };
      await start();

      const { code, report } = await probe('/health');

      expect([code, report.status]).toEqual([200, 'degraded']);
      expect(report.details['audit']).toEqual(degraded(trouble));
    },
  );

  it('OP-02 turn ready to 503 the moment the process drains, while it stays alive', async () => {
    await start();
    expect((await probe('/health/ready')).code).toBe(200);
    app.get(Lifecycle).advance('draining');
    expect((await probe('/health/ready')).code).toBe(503);
    expect((await probe('/health')).report.details['service']).toEqual({ status: 'down', reason: 'draining' });
    expect((await probe('/health/live')).code).toBe(200);
    expect((await probe('/health/startup')).code).toBe(200);
  });

  it('count the start as over only with the migrations, and then for ever', async () => {
    database = down('migrations_pending');
    await start();
    expect((await probe('/health/startup')).code).toBe(503);
    database = UP;
    expect((await probe('/health/startup')).code).toBe(200);
    database = down('unreachable');
    expect((await probe('/health/startup')).code).toBe(200);
  });

  it('call a late event loop degraded', async () => {
    await start();
    const check = app.get(EventLoopCheck);
    check.measure();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const until = performance.now() + 400;
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 50));
    check.measure();
    expect((await probe('/health')).report.details['eventLoop']).toEqual(degraded('slow'));
  });

  it('log a change once, not every probe', async () => {
    await start();
    await probe('/health/ready');
    database = down('unreachable');
    await probe('/health/ready');
    await probe('/health/ready');
    database = UP;
    await probe('/health/ready');
    expect(lines.map(({ level, dependency, state }) => [level, dependency, state])).toEqual([
      ['warn', 'database', 'down'],
      ['info', 'database', 'up'],
    ]);
  });
});
