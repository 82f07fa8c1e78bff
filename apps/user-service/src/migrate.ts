import { setTimeout as delay } from 'node:timers/promises';

import { DataSource } from 'typeorm';

import { SCHEMA, migrationOptions } from '#platform/persistence';

import { MIGRATIONS } from '../../../migrations/index.js';

// Any constant will do, as long as every release uses the same one.
const LOCK_ID = 7_306_019_441;
const LOCK_RETRY_MS = 100;
const LOCK_PATIENCE_MS = 300_000;

/** The names this build expects in the migrations table, oldest first. */
export const MIGRATION_NAMES: readonly string[] = MIGRATIONS.map((migration) => migration.name);

/**
 * Brings the schema to this build's version and returns the names that were applied now. Safe to run twice and
 * from several places at once: one runs, the others wait and find nothing left to do.
 */
export function runMigrations(databaseUrl: string): Promise<string[]> {
  return exclusively(databaseUrl, async (dataSource) => {
    await dataSource.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
    return (await dataSource.runMigrations()).map(({ name }) => name);
  });
}

/** Takes the newest migration back and returns its name; `undefined` when there is none. */
export function revertMigration(databaseUrl: string): Promise<string | undefined> {
  return exclusively(databaseUrl, async (dataSource) => {
    const [found] = await dataSource.query<{ table: string | null }[]>(
      `SELECT to_regclass('${SCHEMA}.migrations') AS table`,
    );
    // Never migrated.
    if (!found?.table) return undefined;
    const [newest] = await dataSource.query<{ name: string }[]>(
      `SELECT name FROM ${SCHEMA}.migrations ORDER BY id DESC LIMIT 1`,
    );
    if (newest !== undefined) await dataSource.undoLastMigration();
    return newest?.name;
  });
}

async function exclusively<T>(databaseUrl: string, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  // The lock has a connection of its own, idle and outside of any transaction. Polling instead of a blocking wait
  // matters: a waiter's snapshot would block CREATE INDEX CONCURRENTLY for ever.
  const lock = new DataSource(migrationOptions(databaseUrl, []));
  await lock.initialize();
  try {
    await acquire(lock);
    const dataSource = await new DataSource(migrationOptions(databaseUrl, [...MIGRATIONS])).initialize();
    try {
      return await work(dataSource);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await lock.destroy();
  }
}

async function acquire(lock: DataSource): Promise<void> {
  for (let waited = 0; waited < LOCK_PATIENCE_MS; waited += LOCK_RETRY_MS) {
    const [row] = await lock.query<{ got: boolean }[]>('SELECT pg_try_advisory_lock($1) AS got', [LOCK_ID]);
    if (row?.got === true) return;
    await delay(LOCK_RETRY_MS);
  }
  throw new Error('Another migration run has held the lock for 5 minutes; look for it in pg_locks');
}
