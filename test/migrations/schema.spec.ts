import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';

import { UserRow } from '#identity';
import { dataSourceOptions, migrationOptions, SCHEMA } from '#platform/persistence';
import { SessionRow } from '#session';

import { MIGRATION_NAMES, revertMigration, runMigrations } from '../../apps/user-service/src/migrate.js';
import { MIGRATIONS } from '../../migrations/index.js';
import { describeSchema } from '../support/schema.js';
import {
  createEmptyDatabase,
  createTestDatabase,
  openSql,
  type Sql,
  type TestDatabase,
} from '../support/test-database.js';

let database: TestDatabase;
let sql: Sql;

beforeEach(async () => {
  database = await createEmptyDatabase();
  sql = await openSql(database.url);
});

afterEach(async () => {
  await sql.close();
  await database.drop();
});

/** Applies the first `count` migrations, as a release of that time did. */
async function upgradeTo(count: number): Promise<void> {
  const options = migrationOptions(database.url, SCHEMA, MIGRATIONS.slice(0, count));
  await sql.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
  const dataSource = await new DataSource(options).initialize();
  try {
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy();
  }
}

describe('OP-06 The schema', () => {
  it('is the same when it is made at once and when it grew release by release', async () => {
    const seen: string[][] = [];
    for (let count = 1; count <= MIGRATIONS.length; count += 1) {
      await upgradeTo(count);
      seen.push(await describeSchema(sql));
    }

    const fresh = await createEmptyDatabase();
    const other = await openSql(fresh.url);
    try {
      expect(await runMigrations(fresh.url)).toEqual(MIGRATION_NAMES);
      expect(await describeSchema(other)).toEqual(seen.at(-1));
    } finally {
      await other.close();
      await fresh.drop();
    }
    // Every release changed something, and the description sees it, but for one that only refuses to go on.
    const changing = MIGRATION_NAMES.filter((name) => name !== 'NoLegacyAudit1763800000044');
    expect(new Set(seen.map((lines) => lines.join('\n'))).size).toBe(changing.length);
  });

  it('is what all other tests run on', async () => {
    await runMigrations(database.url);
    const copy = await createTestDatabase();
    const other = await openSql(copy.url);

    expect(await describeSchema(other)).toEqual(await describeSchema(sql));

    await other.close();
    await copy.drop();
  });

  it('goes back step by step to what it was, and forth again', async () => {
    const steps = [await describeSchema(sql)];
    for (let count = 1; count <= MIGRATIONS.length; count += 1) {
      await upgradeTo(count);
      steps.push(await describeSchema(sql));
    }

    for (const [before, name] of [...MIGRATION_NAMES.entries()].reverse()) {
      expect(await describeSchema(sql)).toEqual(steps[before + 1]);
      expect(await revertMigration(database.url)).toBe(name);
    }
    expect(await describeSchema(sql)).toEqual(steps[0]);
    expect(await revertMigration(database.url)).toBeUndefined();

    expect(await runMigrations(database.url)).toEqual(MIGRATION_NAMES);
    expect(await describeSchema(sql)).toEqual(steps.at(-1));
  });

  it('goes back with rows in every table', async () => {
    await runMigrations(database.url);
    const [user, session] = ['0190a000-0000-7000-8000-000000000001', '0190a000-0000-7000-8000-000000000002'];
    const bytes = `decode(repeat('00', 32), 'hex')`;
    await sql.query(`INSERT INTO user_service.users
      (id, email_enc, email_index, password_hash, password_changed_at, status, roles, profile_enc, locale, created_at, updated_at)
      VALUES ('${user}', '', ${bytes}, '', now(), 'active', '{user}', '', 'en', now(), now())`);
    await sql.query(`INSERT INTO user_service.user_keys (user_id, wrapped_key, kek_id) VALUES ('${user}', '', 'k1')`);
    await sql.query(`INSERT INTO user_service.one_time_tokens
      (hash, purpose, user_id, security_epoch, created_at, expires_at, registration_enc, signed_up_at)
      VALUES (${bytes}, 'email_verification', '${user}', 1, now(), now() + interval '1 day', '', now())`);
    await sql.query(`INSERT INTO user_service.sessions
      (id, user_id, epoch, amr, acr, auth_time, created_at, last_seen_at, expires_at)
      VALUES ('${session}', '${user}', 1, '{pwd}', '1', now(), now(), now(), now() + interval '30 days')`);
    await sql.query(`INSERT INTO user_service.refresh_tokens (token_hash, session_id, generation, issued_at, expires_at)
      VALUES (${bytes}, '${session}', 1, now(), now() + interval '30 days')`);
    await sql.query(`INSERT INTO user_service.outbox (id, topic, lane, payload) VALUES ('${user}', 'audit', 0, '{}')`);

    while ((await revertMigration(database.url)) !== undefined);

    expect(await describeSchema(sql)).toEqual([expect.stringContaining('extension plpgsql')]);
  });

  it('loses the registration of a mailed link only together with the link', async () => {
    const count = 1 + MIGRATION_NAMES.indexOf('PendingRegistrations1763800000008');
    await upgradeTo(count);
    const user = '0190a000-0000-7000-8000-000000000001';
    const hash = (byte: string): string => `decode(repeat('${byte}', 32), 'hex')`;
    await sql.query(`INSERT INTO user_service.users
      (id, email_enc, email_index, password_hash, password_changed_at, status, roles, profile_enc, locale, created_at, updated_at)
      VALUES ('${user}', '', ${hash('00')}, '', now(), 'active', '{user}', '', 'en', now(), now())`);
    await sql.query(`INSERT INTO user_service.one_time_tokens
      (hash, purpose, user_id, security_epoch, created_at, expires_at, registration_enc, signed_up_at)
      VALUES (${hash('01')}, 'email_verification', '${user}', 1, now(), now() + interval '1 day', 'sealed', now()),
             (${hash('02')}, 'email_verification', '${user}', 1, now(), now() + interval '1 day', NULL, NULL)`);

    const options = migrationOptions(database.url, SCHEMA, MIGRATIONS.slice(0, count));
    const dataSource = await new DataSource(options).initialize();
    await dataSource.undoLastMigration().finally(() => dataSource.destroy());

    const tokens = await sql.query('SELECT used_at IS NULL AS good FROM user_service.one_time_tokens ORDER BY hash');
    expect(tokens).toEqual([{ good: false }, { good: true }]);
  });

  it('ID-14 has everything in one place and nothing that holds a resident registration number or birth date', async () => {
    await runMigrations(database.url);

    const lines = await describeSchema(sql);

    for (const line of lines.filter((text) => text.startsWith('relation'))) expect(line).toContain('user_service.');
    expect(lines.filter((line) => /birth|rrn|resident|ssn|national_id/i.test(line))).toEqual([]);
  });
});

describe('OP-06 The mapped entities', () => {
  @Entity({ schema: SCHEMA, name: 'users' })
  class UserRowOfTomorrow {
    @PrimaryColumn('uuid')
    id!: string;

    @Column('text', { name: 'shoe_size' })
    shoeSize!: string;
  }

  /** What TypeORM would run to bring the tables to what the classes say. It knows nothing of named constraints. */
  async function pending(entities: (new () => object)[]): Promise<string[]> {
    const settings = {
      url: database.url,
      poolSize: 2,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 10_000,
      lockTimeoutMs: 1_000,
      idleInTransactionTimeoutMs: 10_000,
    };
    const dataSource = await new DataSource(dataSourceOptions(settings, entities, () => undefined)).initialize();
    try {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      return upQueries.map(({ query }) => query).filter((query) => !/DROP (CONSTRAINT|INDEX)/.test(query));
    } finally {
      await dataSource.destroy();
    }
  }

  it('leave nothing to generate', async () => {
    await runMigrations(database.url);

    expect(await pending([UserRow, SessionRow])).toEqual([]);
  });

  it('would be missed if one of them had a column more', async () => {
    await runMigrations(database.url);

    const queries = await pending([UserRowOfTomorrow, SessionRow]);

    expect(queries.filter((query) => query.includes('ADD "shoe_size"'))).toHaveLength(1);
  });
});
