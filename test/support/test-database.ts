import { randomBytes } from 'node:crypto';
import { openSql, type Sql } from './sql.js';

export { openSql, type Sql };

/** The role the service connects as: it owns its database and is no superuser. */
export const APP_USER = 'user_service';
export const TEMPLATE_DATABASE = 'migrated_template';
/** The role the Audit Service connects as: it owns nothing. */
export const AUDIT_USER = 'audit_service';
export const AUDIT_TEMPLATE_DATABASE = 'audit_template';
/** How the global setup tells the workers where the server is. */
export const TEST_POSTGRES_VARIABLE = 'TEST_POSTGRES';

export interface TestDatabase {
  /** As the service's own role. */
  readonly url: string;
  /** As superuser, for what the service's role must not do. */
  readonly adminUrl: string;
  drop(): Promise<void>;
}

/** A database of its own for one spec file, migrated already. */
export function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(TEMPLATE_DATABASE);
}

/** The same for the Audit Service; `url` is that of its own role. The tables belong to the user service's. */
export function createAuditDatabase(): Promise<TestDatabase> {
  return createDatabase(AUDIT_TEMPLATE_DATABASE, AUDIT_USER);
}

/** A database without any table of ours, for tests of the migrations. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template0');
}

async function createDatabase(template: string, user = APP_USER): Promise<TestDatabase> {
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await asAdmin((admin) =>
    admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy OWNER ${APP_USER}`),
  );
  const { adminUrl, appPassword } = server();
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const ofAdmin = url.href;
  url.username = user;
  url.password = appPassword;
  return {
    url: url.href,
    adminUrl: ofAdmin,
    drop: async () => {
      await asAdmin((admin) => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

async function asAdmin(work: (admin: Sql) => Promise<unknown>): Promise<void> {
  const admin = await openSql(server().adminUrl);
  try {
    await work(admin);
  } finally {
    await admin.close();
  }
}

function server(): { adminUrl: string; appPassword: string } {
  const found = process.env[TEST_POSTGRES_VARIABLE];
  if (found === undefined) throw new Error('No test PostgreSQL: this Jest project lacks the global setup.');
  return JSON.parse(found) as { adminUrl: string; appPassword: string };
}
