import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { createTestDatabase, openSql, type Sql, type TestDatabase } from '../support/test-database.js';

const DOCUMENT = join(import.meta.dirname, '../../docs/deployment.md');
const INSUFFICIENT_PRIVILEGE = '42501';
const MAKE = `SELECT user_service.ensure_refresh_token_partitions(now() + interval '200 days') AS count`;
const DROP = `SELECT user_service.drop_refresh_token_partitions(now() - interval '7 days') AS count`;

describe('A role of the service that does not own the schema', () => {
  // Roles are of the whole server, which other specs use as well.
  const role = `app_${randomBytes(6).toString('hex')}`;
  let database: TestDatabase;
  let admin: Sql;
  let service: Sql;

  beforeEach(async () => {
    database = await createTestDatabase();
    admin = await openSql(database.adminUrl);
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
    service = await openSql(Object.assign(new URL(database.url), { username: role, password: role }).href);
  });

  afterEach(async () => {
    await service.close();
    await admin.query(`DROP OWNED BY ${role}`);
    await admin.query(`DROP ROLE ${role}`);
    await admin.close();
    await database.drop();
  });

  /** As the owner of the schema. */
  async function grantAsDocumented(): Promise<void> {
    const [, statements] = /```sql\n([^]*?)```/.exec(await readFile(DOCUMENT, 'utf8')) ?? [];
    const owner = await openSql(database.url);
    for (const statement of (statements ?? '').split(';\n').filter(Boolean)) {
      await owner.query(statement.replaceAll('user_service_app', role));
    }
    await owner.close();
  }

  it('may do nothing by itself', async () => {
    for (const sql of ['SELECT 1 FROM user_service.users', MAKE, DROP]) {
      await expect(service.query(sql)).rejects.toMatchObject({ code: INSUFFICIENT_PRIVILEGE });
    }
  });

  it('reads and writes every row, and keeps the partitions, once it was granted what the document says', async () => {
    await grantAsDocumented();

    const [made] = await service.query<{ count: number }>(MAKE);
    expect(made?.count).toBeGreaterThan(0);
    expect(await service.query(DROP)).toEqual([{ count: 0 }]);
    const closed = await service.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'user_service'::regnamespace AND relkind IN ('r', 'p')
          AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
               AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))`,
    );
    expect(closed.map(({ name }) => name)).toEqual(['migrations']);
    expect(
      // From the list of sequences: among all relations PostgreSQL is free to ask for the privilege before the kind.
      await service.query(`SELECT relname FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid
                            WHERE relnamespace = 'user_service'::regnamespace AND relname <> 'migrations_id_seq'
                              AND NOT has_sequence_privilege(seqrelid, 'USAGE')`),
    ).toEqual([]);
    expect(await service.query('SELECT count(*) > 0 AS told FROM user_service.migrations')).toEqual([{ told: true }]);
  });

  it('cannot change the schema even then', async () => {
    await grantAsDocumented();

    for (const sql of ['CREATE TABLE user_service.mine ()', 'DROP TABLE user_service.users']) {
      await expect(service.query(sql)).rejects.toMatchObject({ code: INSUFFICIENT_PRIVILEGE });
    }
  });
});
