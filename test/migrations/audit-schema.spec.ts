import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  AUDIT_MIGRATION_NAMES,
  revertAuditMigration,
  runAuditMigrations,
} from '../../apps/audit-service/src/migrate.js';
import { describeSchema } from '../support/schema.js';
import { AUDIT_USER, createEmptyDatabase, openSql, type TestDatabase } from '../support/test-database.js';

describe('The schema of the Audit Service', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createEmptyDatabase();
  });

  afterEach(() => database.drop());

  async function schema(): Promise<string[]> {
    const sql = await openSql(database.url);
    try {
      return await describeSchema(sql);
    } finally {
      await sql.close();
    }
  }

  it('goes up, all the way down, and up to the same again', async () => {
    expect(await runAuditMigrations(database.url, AUDIT_USER)).toEqual([...AUDIT_MIGRATION_NAMES]);
    const first = await schema();
    for (const name of AUDIT_MIGRATION_NAMES.toReversed()) {
      expect(await revertAuditMigration(database.url)).toBe(name);
    }
    expect(await revertAuditMigration(database.url)).toBeUndefined();

    expect(await runAuditMigrations(database.url, AUDIT_USER)).toEqual([...AUDIT_MIGRATION_NAMES]);
    expect(await runAuditMigrations(database.url, AUDIT_USER)).toEqual([]);

    expect(await schema()).toEqual(first);
  });

  it('takes rights back that somebody gave the role of the service', async () => {
    await runAuditMigrations(database.url, AUDIT_USER);
    const owner = await openSql(database.url);
    await owner.query(`GRANT ALL ON audit.events TO ${AUDIT_USER}`);

    await runAuditMigrations(database.url, AUDIT_USER);

    const [rights] = await owner.query(
      `SELECT array_agg(privilege_type::text ORDER BY privilege_type) AS list FROM information_schema.role_table_grants
       WHERE grantee = $1 AND table_schema = 'audit' AND table_name = 'events'`,
      [AUDIT_USER],
    );
    await owner.close();
    expect(rights).toEqual({ list: ['INSERT', 'SELECT'] });
  });
});
