import { migrateDown, migrateUp, type SchemaHistory } from '#platform/persistence';

import { AUDIT_MIGRATIONS } from '../migrations/index.js';

const HISTORY: SchemaHistory = { schema: 'audit', migrations: AUDIT_MIGRATIONS, lockId: 7_306_019_442 };

/** The names this build expects in the migrations table, oldest first. */
export const AUDIT_MIGRATION_NAMES: readonly string[] = AUDIT_MIGRATIONS.map(({ name }) => name);

/**
 * Brings the schema up to date as its owner, and lets the role of the service read and add: nothing else. The role is
 * the deployment's own, so its rights are no part of the schema's history; they are given anew each time.
 *
 * @param ownerUrl of the role that owns the tables
 * @param appRole what the service connects as
 */
export function runAuditMigrations(ownerUrl: string, appRole: string): Promise<string[]> {
  const role = `"${appRole.replaceAll('"', '""')}"`;
  return migrateUp(ownerUrl, HISTORY, async (runner) => {
    await runner.query(`GRANT USAGE ON SCHEMA audit TO ${role}`);
    await runner.query(`REVOKE ALL ON ALL TABLES IN SCHEMA audit FROM ${role}`);
    await runner.query(`GRANT SELECT ON ALL TABLES IN SCHEMA audit TO ${role}`);
    await runner.query(`GRANT INSERT ON audit.events, audit.refused_events TO ${role}`);
  });
}

/** Takes the newest migration back and returns its name; `undefined` when there is none. */
export function revertAuditMigration(ownerUrl: string): Promise<string | undefined> {
  return migrateDown(ownerUrl, HISTORY);
}
