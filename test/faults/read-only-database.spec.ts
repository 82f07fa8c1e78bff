import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { DataSource } from 'typeorm';

import { Database, dataSourceOptions, isDatabaseUnavailable } from '#platform/persistence';

import { runMigrations } from '../../apps/user-service/src/migrate.js';
import { ApiClient, freshEmail } from '../support/api-client.js';
import { startTestCluster, type TestCluster } from '../support/postgres-cluster.js';
import { startService } from '../support/process.js';
import { testEnvironment } from '../support/test-app.js';
import { openSql, type Sql } from '../support/test-database.js';
import { waitFor } from '../support/wait.js';

describe('I9, I12 A database that takes no writes, as after a failover', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];
  let cluster: TestCluster;
  let sql: Sql;
  let api: ApiClient;

  beforeAll(async () => {
    const home = await mkdtemp(join(tmpdir(), 'read-only-database-'));
    cleanUps.unshift(() => rm(home, { recursive: true, force: true }));
    // A standby can follow durable servers only.
    cluster = await startTestCluster({ durable: true });
    cleanUps.unshift(() => cluster.stop());
    await runMigrations(cluster.adminUrl('postgres'));
    await cluster.restartAsStandby();
    const url = cluster.adminUrl('postgres');
    const env = { ...testEnvironment(url, home), LOG_LEVEL: 'warn', SHUTDOWN_DRAIN_SECONDS: '0' };
    const service = await startService('apps/user-service/src/main.js', env, { status: 503 });
    cleanUps.unshift(() => service.process.stop());
    sql = await openSql(url);
    cleanUps.unshift(() => sql.close());
    api = new ApiClient(service.origin, () => Promise.reject(new Error('no mails')));
  });

  afterAll(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
  });

  it('is not ready', async () => {
    const { status, body } = await api.get('/health/ready');

    expect(status).toBe(503);
    expect(body).toMatchObject({ error: { database: { status: 'down', reason: 'read_only' } } });
  });

  it('makes writes fail as unavailable, to be tried again', async () => {
    const { status, headers, body } = await api.register(freshEmail());

    expect(status).toBe(503);
    expect(body['code']).toBe('dependency_unavailable');
    expect(headers.get('retry-after')).not.toBeNull();
  });

  it('is an outage for a change of one statement too, which leaves the connection: its address may lead elsewhere by now', async () => {
    const settings = {
      url: cluster.adminUrl('postgres'),
      poolSize: 1,
      connectTimeoutMs: 1_000,
      statementTimeoutMs: 3_000,
      lockTimeoutMs: 1_000,
      idleInTransactionTimeoutMs: 10_000,
    };
    const pool = await new DataSource(dataSourceOptions(settings, [], () => undefined)).initialize();
    const database = new Database({ isTransactionActive: () => false } as never, pool);

    const backend = 'SELECT pg_backend_pid() AS pid';
    const [before] = await database.query(backend);

    const error: unknown = await database.change('SELECT 1', []).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(Error);
    expect(isDatabaseUnavailable(error)).toBe(true);
    expect(await database.query(backend)).not.toEqual([before]);
    await pool.destroy();
  });

  it('is written again as soon as it takes writes, without a restart', async () => {
    await sql.query('SELECT pg_promote()');

    await waitFor(async () => (await api.get('/health/ready')).status === 200);
    expect((await api.register(freshEmail())).status).toBe(202);
  });
});
