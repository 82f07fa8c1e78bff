import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseCheck } from '../../apps/user-service/src/health/database-check.js';
import { TcpProxy, through } from '../support/tcp-proxy.js';
import { createEmptyDatabase, createTestDatabase, openSql, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait.js';
import { MIGRATIONS } from '../../migrations/index.js';

const NAMES = MIGRATIONS.map(({ name }) => name);
const UP = { status: 'up' };
const UNREACHABLE = { status: 'down', reason: 'unreachable' };

describe('The database check of the probes', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let check: DatabaseCheck;

  const checkOf = (databaseUrl: string, migrations: readonly string[] = NAMES, isInitialized = true): DatabaseCheck =>
    new DatabaseCheck(
      { databaseUrl, migrations, auditServiceUrl: 'http://127.0.0.1:1', diskPath: '/' },
      { isInitialized },
    );

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  beforeEach(async () => {
    const { hostname, port } = new URL(database.url);
    proxy = await TcpProxy.start({ host: hostname, port: Number(port) });
    check = checkOf(through(proxy, database.url));
  });

  afterEach(async () => {
    await check.onApplicationShutdown();
    await proxy.refuse();
  });

  afterAll(() => database.drop());

  it('is up with every migration this build knows, on one connection of its own', async () => {
    for (let probe = 0; probe < 3; probe += 1) {
      expect(await check.state()).toEqual(UP);
      await new Promise((resolve) => setTimeout(resolve, 1_050));
    }
    expect(proxy.accepted).toBe(1);
  });

  it('is down while migrations are missing, and up once they are there', async () => {
    const empty = await createEmptyDatabase();
    const onEmpty = checkOf(empty.url, ['First1']);
    expect(await onEmpty.state()).toEqual({ status: 'down', reason: 'migrations_pending' });
    const sql = await openSql(empty.url);
    await sql.query('CREATE SCHEMA user_service');
    await sql.query('CREATE TABLE user_service.migrations (name text)');
    await sql.query("INSERT INTO user_service.migrations VALUES ('First1')");
    await sql.close();
    await waitFor(async () => (await onEmpty.state()).status === 'up');
    await onEmpty.onApplicationShutdown();
    await empty.drop();
  });

  it('is down until the pool of the requests has been opened', async () => {
    const early = checkOf(database.url, NAMES, false);
    expect(await early.state()).toEqual({ status: 'down', reason: 'starting' });
    await early.onApplicationShutdown();
  });

  it('OP-01 follows a database that goes and comes back', async () => {
    expect(await check.state()).toEqual(UP);
    await proxy.refuse();
    await waitFor(async () => (await check.state()).status === 'down', { timeoutMs: 3_000 });
    await proxy.restore();
    await waitFor(async () => (await check.state()).status === 'up', { timeoutMs: 3_000 });
  });

  it('OP-01 answers within a second when the network swallows everything', async () => {
    expect(await check.state()).toEqual(UP);
    proxy.swallow();
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    for (let probe = 0; probe < 3; probe += 1) {
      const started = performance.now();
      expect(await check.state()).toEqual(UNREACHABLE);
      expect(performance.now() - started).toBeLessThan(1_000);
    }
    await proxy.restore();
    await waitFor(async () => (await check.state()).status === 'up', { timeoutMs: 5_000 });
  });

  it('OP-04 survives that the server ends its idle connection, again and again', async () => {
    const admin = await openSql(database.adminUrl);
    const terminate = `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'user-service-health' AND datname = current_database()`;
    // Connections of the tests before this one take a moment to end.
    await waitFor(async () => (await admin.query(terminate)).length === 0);
    // A backend that was told to end is listed until it has.
    const ended = new Set<number>();
    for (let round = 1; round <= 5; round += 1) {
      await waitFor(async () => {
        expect(await check.state()).toEqual(UP);
        for (const { pid } of await admin.query<{ pid: number }>(terminate)) ended.add(pid);
        return ended.size === round;
      });
    }
    const before = proxy.accepted;
    await waitFor(async () => (await check.state()).status === 'up' && proxy.accepted > before);
    expect(proxy.accepted).toBe(6);
    await admin.close();
  }, 30_000);
});
