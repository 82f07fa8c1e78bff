import { migrateDown, migrateUp, SCHEMA, type SchemaHistory } from '#platform/persistence';

import { MIGRATIONS } from '../../../migrations/index.js';

const HISTORY: SchemaHistory = { schema: SCHEMA, migrations: MIGRATIONS, lockId: 7_306_019_441 };

/** The names this build expects in the migrations table, oldest first. */
export const MIGRATION_NAMES: readonly string[] = MIGRATIONS.map((migration) => migration.name);

/** Brings the schema to this build's version and returns the names that were applied now; see `migrateUp`. */
export function runMigrations(databaseUrl: string): Promise<string[]> {
  return migrateUp(databaseUrl, HISTORY);
}

/** Takes the newest migration back and returns its name; `undefined` when there is none. */
export function revertMigration(databaseUrl: string): Promise<string | undefined> {
  return migrateDown(databaseUrl, HISTORY);
}
