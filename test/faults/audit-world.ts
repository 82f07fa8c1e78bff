import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SealedAuditEvent } from '#platform/audit-chain';

import { ApiClient } from '../support/api-client.js';
import type { StubMode, StubReport } from '../support/audit-stub.js';
import { mailsIn } from '../support/mails.js';
import { startTestCluster, type TestCluster } from '../support/postgres-cluster.js';
import { startService, TestProcess, type TestService } from '../support/process.js';
import { createDatabase } from '../support/service-database.js';
import { openSql } from '../support/sql.js';
import { testEnvironment } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const TYPESCRIPT = join(import.meta.dirname, '../load/typescript.mjs');
const MAIN = 'apps/user-service/src/main.js';
const SPOOLS = ['spool-0', 'spool-1'] as const;
const PATIENCE_MS = 60_000;

export type Which = 0 | 1;

/** A PostgreSQL that keeps its promises, two processes of the service, and a receiver that does not. */
export class AuditWorld {
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly #services: [TestService?, TestService?] = [];

  private constructor(
    readonly home: string,
    private readonly cluster: TestCluster,
    readonly env: Readonly<Record<string, string>>,
    private readonly control: string,
  ) {}

  static async start(env: Readonly<Record<string, string>> = {}): Promise<AuditWorld> {
    const home = await mkdtemp(join(tmpdir(), 'audit-'));
    const cluster = await startTestCluster({ durable: true });
    const url = await createDatabase(cluster);
    const stub = TestProcess.start(process.execPath, [
      '--experimental-transform-types',
      '--no-warnings=ExperimentalWarning',
      '--import',
      TYPESCRIPT,
      join(import.meta.dirname, 'audit-stub-process.ts'),
    ]);
    const [receiver = '', control = ''] = (await stub.line(/^http:/)).split(' ');
    const world = new AuditWorld(
      home,
      cluster,
      {
        ...testEnvironment(url, home),
        AUDIT_SERVICE_URL: receiver,
        AUDIT_TIMEOUT_MS: '500',
        LOG_LEVEL: 'warn',
        REPLICAS: '2',
        SHUTDOWN_DRAIN_SECONDS: '0',
        ...env,
      },
      control,
    );
    world.#closers.push(
      () => rm(home, { recursive: true, force: true }),
      () => cluster.stop(),
      () => stub.stop('SIGKILL'),
    );
    await Promise.all([world.startInstance(0), world.startInstance(1)]);
    return world;
  }

  async close(): Promise<void> {
    for (const service of this.#services) await service?.process.stop('SIGKILL');
    for (const close of this.#closers.reverse()) await close();
  }

  api(which: Which): ApiClient {
    const mail = (to: string, count: number) =>
      waitFor(async () => (await mailsIn(this.home, to))[count - 1], { timeoutMs: PATIENCE_MS, what: 'a mail' });
    return new ApiClient(this.#services[which]?.origin ?? 'http://127.0.0.1:9', mail);
  }

  async startInstance(which: Which): Promise<void> {
    const spool = { AUDIT_SPOOL_DIR: join(this.home, SPOOLS[which]) };
    this.#services[which] = await startService(MAIN, { ...this.env, ...spool }, { timeoutMs: PATIENCE_MS });
  }

  /** As the kernel does when memory runs out, and starts it again. */
  async killInstance(which: Which): Promise<void> {
    await this.#services[which]?.process.stop('SIGKILL');
    await this.startInstance(which);
  }

  async killPostgres(): Promise<void> {
    await this.cluster.halt('kill');
    await this.cluster.restart();
    const isReady = async () => (await fetch(`${this.#services[0]?.origin}/health/ready`)).status === 200;
    await waitFor(isReady, { timeoutMs: PATIENCE_MS, what: 'the service to find PostgreSQL again' });
  }

  async become(mode: StubMode): Promise<void> {
    await this.ask(`/become/${mode}`);
  }

  /** Waits until somebody has met the receiver as it is now. */
  async met(): Promise<void> {
    const met = async () => {
      await this.hurry();
      return (await this.ask<{ met: boolean }>('/met')).met;
    };
    await waitFor(met, { timeoutMs: PATIENCE_MS, what: 'a batch' });
  }

  report(): Promise<StubReport> {
    return this.ask('/report');
  }

  events(): Promise<SealedAuditEvent[]> {
    return this.ask('/events');
  }

  /** Nobody waits for the end of a pause: that they grow is shown elsewhere. */
  async hurry(): Promise<void> {
    await this.sql('UPDATE user_service.outbox_lanes SET available_at = now() WHERE available_at > now()');
    await this.sql(`SELECT pg_notify('user_service_outbox', 'resumed')`);
  }

  /** Everything has left: the spools, the outbox and the dead letters are empty. */
  async drained(timeoutMs = PATIENCE_MS): Promise<void> {
    const left = `SELECT (SELECT count(*) FROM user_service.outbox WHERE topic = 'audit')::int
                       + (SELECT count(*) FROM user_service.outbox_dead_letters)::int AS count`;
    const isEmpty = async () => {
      await this.hurry();
      for (const spool of SPOOLS) {
        if ((await readdir(join(this.home, spool)).catch(() => [])).length > 0) return false;
      }
      return (await this.sql<{ count: number }>(left))[0]?.count === 0;
    };
    await waitFor(isEmpty, { timeoutMs, what: 'everything to be delivered' });
  }

  async sql<Row extends object>(statement: string): Promise<Row[]> {
    const sql = await openSql(this.env['DATABASE_URL'] ?? '');
    try {
      return await sql.query<Row>(statement);
    } finally {
      await sql.close();
    }
  }

  private async ask<T>(path: string): Promise<T> {
    return (await (await fetch(`${this.control}${path}`)).json()) as T;
  }
}
