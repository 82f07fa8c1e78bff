import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, type DataSourceOptions } from 'typeorm';

import { Database, DatabaseConnector, dataSourceOptions, isDatabaseUnavailable } from '#platform/persistence';

import { TcpProxy, through } from '../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const STATEMENT_MS = 1_000;
// The service waits half a second longer than PostgreSQL should; the rest is for a busy machine.
const ANSWER_MS = STATEMENT_MS + 500 + 400;
const INSERT = `INSERT INTO user_service.outbox (id, topic, lane, payload, available_at)
                VALUES (gen_random_uuid(), 'mail', 0, '{}', 'infinity')`;

let database: TestDatabase;
let proxy: TcpProxy;
let pool: DataSource;
let connector: DatabaseConnector;

function optionsOf(url: string): DataSourceOptions {
  const settings = {
    url,
    // A second borrower gets the very connection that the first one gave back, if it is still there.
    poolSize: 1,
    connectTimeoutMs: 1_000,
    statementTimeoutMs: STATEMENT_MS,
    lockTimeoutMs: STATEMENT_MS,
    idleInTransactionTimeoutMs: 10_000,
  };
  return dataSourceOptions(settings, [], () => undefined);
}

beforeEach(async () => {
  database = await createTestDatabase();
  const { hostname, port } = new URL(database.url);
  proxy = await TcpProxy.start({ host: hostname, port: Number(port) });
  pool = new DataSource(optionsOf(through(proxy, database.url)));
  connector = new DatabaseConnector(pool);
  await connector.onModuleInit();
});

afterEach(async () => {
  await connector.onApplicationShutdown();
  await proxy.refuse();
  await database.drop();
});

async function backend(): Promise<number> {
  const [row] = await pool.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
  return row?.pid ?? 0;
}

async function rows(): Promise<number> {
  const [row] = await pool.query<{ count: number }[]>('SELECT count(*)::int AS count FROM user_service.outbox');
  return row?.count ?? -1;
}

describe('A pooled connection', () => {
  it('is used again when all is well', async () => {
    const first = await backend();
    await pool.transaction(async (entities) => {
      await entities.query('SET TRANSACTION READ WRITE');
      await entities.query(INSERT);
    });

    expect(await backend()).toBe(first);
    expect(await rows()).toBe(1);
  });

  it('is used again after a transaction that failed', async () => {
    const first = await backend();
    await expect(pool.transaction((entities) => entities.query('SELECT 1/0'))).rejects.toThrow('division by zero');

    expect(await backend()).toBe(first);
  });

  it('is not lent again with a transaction that was left open, whose changes are undone', async () => {
    const first = await backend();
    const runner = pool.createQueryRunner();
    await runner.startTransaction();
    await runner.query('SET TRANSACTION READ WRITE');
    await runner.query(INSERT);
    await runner.release();

    expect(await backend()).not.toBe(first);
    expect(await rows()).toBe(0);
  });

  it.each([
    ['in a transaction', () => pool.transaction((entities) => stall().then(() => entities.query('SELECT 1')))],
    ['at its start', () => stall().then(() => pool.transaction((entities) => entities.query('SELECT 1')))],
    ['at its commit', () => pool.transaction(() => stall())],
    ['outside of one', () => stall().then(() => pool.query('SELECT 1'))],
  ])('is given up after one time limit when PostgreSQL does not answer %s', async (_when, work) => {
    await backend();
    const start = performance.now();

    const error: unknown = await work().catch((thrown: unknown) => thrown);

    expect(performance.now() - start).toBeLessThan(ANSWER_MS);
    expect(isDatabaseUnavailable(error)).toBe(true);
    await proxy.restore();
    expect(await backend()).toBeGreaterThan(0);
  });
});

describe('A transaction', () => {
  it('as a whole is given up after the time of one statement', async () => {
    const start = performance.now();
    const slow = pool.transaction(async (entities) => {
      for (let statement = 0; statement < 10; statement += 1) await entities.query('SELECT pg_sleep(0.6)');
    });

    expect(isDatabaseUnavailable(await slow.catch((thrown: unknown) => thrown))).toBe(true);
    expect(performance.now() - start).toBeLessThan(ANSWER_MS);
    expect(await backend()).toBeGreaterThan(0);
  });

  it.each([
    ['whose connection is lost', 'SELECT pg_terminate_backend(pg_backend_pid())'],
    ['that takes too long', 'SELECT pg_sleep(10)'],
  ])('of one statement fails as an outage, and nothing else does: %s', async (_what, sql) => {
    const database = new Database({ isTransactionActive: () => false } as never, pool);

    const error: unknown = await database.change(sql, []).catch((thrown: unknown) => thrown);

    expect(isDatabaseUnavailable(error)).toBe(true);
    expect(await database.change('SELECT 1 AS one', [])).toEqual([{ one: 1 }]);
  });
});

describe('A connection that is refused', () => {
  it.each([
    ['for its password', { password: 'wrong' }],
    ['for the database it asks for', { pathname: '/nowhere' }],
    ['because the server has no TLS', { search: '?sslmode=require' }],
  ])('counts as an outage: %s', async (_why, change) => {
    const refused = new DataSource(optionsOf(Object.assign(new URL(database.url), change).href));

    const error: unknown = await refused.initialize().catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(Error);
    expect(isDatabaseUnavailable(error)).toBe(true);
  });
});

/** From here on nothing passes. */
function stall(): Promise<void> {
  proxy.swallow();
  return Promise.resolve();
}
