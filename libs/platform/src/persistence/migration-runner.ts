import { setTimeout as delay } from 'node:timers/promises';

import { DataSource, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';

import { migrationOptions } from './data-source-options.js';

const LOCK_RETRY_MS = 100;
const LOCK_PATIENCE_MS = 300_000;

/** One schema and all of its history. */
export interface SchemaHistory {
  readonly schema: string;
  /** Oldest first. */
  readonly migrations: readonly (new () => MigrationInterface)[];
  /** Of the advisory lock; any constant will do, as long as every release uses the same one. */
  readonly lockId: number;
}

/**
 * Brings the schema to this build's version and returns the names that were applied now. Safe to run twice and
 * from several places at once: one runs, the others wait and find nothing left to do.
 *
 * @param afterwards on the same connection and under the same lock
 */
export function migrateUp(
  databaseUrl: string,
  history: SchemaHistory,
  afterwards?: (runner: QueryRunner) => Promise<void>,
): Promise<string[]> {
  return exclusively(databaseUrl, history, async (runner, executor) => {
    await runner.query(`CREATE SCHEMA IF NOT EXISTS ${history.schema}`);
    const applied = (await executor.executePendingMigrations()).map(({ name }) => name);
    await afterwards?.(runner);
    return applied;
  });
}

/** Takes the newest migration back and returns its name; `undefined` when there is none. */
export function migrateDown(databaseUrl: string, history: SchemaHistory): Promise<string | undefined> {
  return exclusively(databaseUrl, history, async (runner, executor) => {
    const { schema } = history;
    const [found] = await rowsOf<{ table: string | null }>(
      runner,
      `SELECT to_regclass('${schema}.migrations') AS table`,
    );
    // Never migrated.
    if (!found?.table) return undefined;
    const [newest] = await rowsOf<{ name: string }>(
      runner,
      `SELECT name FROM ${schema}.migrations ORDER BY id DESC LIMIT 1`,
    );
    if (newest === undefined) return undefined;
    // TypeORM heeds this wish of a migration on its way up only.
    const migration = runner.dataSource.migrations.find((known) => known.constructor.name === newest.name);
    if (migration?.transaction === false) executor.transaction = 'none';
    await executor.undoLastMigration();
    return newest.name;
  });
}

async function exclusively<T>(
  databaseUrl: string,
  { schema, migrations, lockId }: SchemaHistory,
  work: (runner: QueryRunner, executor: MigrationExecutor) => Promise<T>,
): Promise<T> {
  const dataSource = await new DataSource(migrationOptions(databaseUrl, schema, [...migrations])).initialize();
  try {
    // The lock belongs to the connection, so it is held by the very one that migrates, which is never given back to the
    // pool: a pool closes what lies idle, and whoever loses the lock must lose what it was doing as well.
    const runner = dataSource.createQueryRunner();
    try {
      await acquire(runner, lockId);
      const executor = new MigrationExecutor(dataSource, runner);
      executor.transaction = 'each';
      return await work(runner, executor);
    } finally {
      await runner.release();
    }
  } finally {
    await dataSource.destroy();
  }
}

async function acquire(runner: QueryRunner, lockId: number): Promise<void> {
  // Polling instead of a blocking wait: a waiter's snapshot would block CREATE INDEX CONCURRENTLY for ever.
  for (let waited = 0; waited < LOCK_PATIENCE_MS; waited += LOCK_RETRY_MS) {
    const [row] = await rowsOf<{ got: boolean }>(runner, 'SELECT pg_try_advisory_lock($1) AS got', [lockId]);
    if (row?.got === true) return;
    await delay(LOCK_RETRY_MS);
  }
  throw new Error('Another migration run has held the lock for 5 minutes; look for it in pg_locks');
}

async function rowsOf<Row>(runner: QueryRunner, sql: string, parameters: unknown[] = []): Promise<Row[]> {
  return (await runner.query(sql, parameters)) as Row[];
}
