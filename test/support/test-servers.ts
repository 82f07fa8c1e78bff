import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import {
  APP_USER,
  AUDIT_TEMPLATE_DATABASE,
  AUDIT_USER,
  TEMPLATE_DATABASE,
  TEST_POSTGRES_VARIABLE,
} from './test-database.js';
import { openSql } from './sql.js';
import { startTestCluster, type TestCluster } from './postgres-cluster.js';

declare global {
  /** Set by the global setup for the global teardown, which Jest loads as a module of its own. */
  var stopTestServers: (() => Promise<void>) | undefined;
}

const migrate = (app: string): string =>
  JSON.stringify(pathToFileURL(join(import.meta.dirname, `../../dist/apps/${app}/src/migrate.js`)));
const RUN_MIGRATIONS = `
  import { runMigrations } from ${migrate('user-service')};
  import { runAuditMigrations } from ${migrate('audit-service')};
  await runMigrations(process.env.DATABASE_URL);
  await runAuditMigrations(process.env.AUDIT_DATABASE_URL, '${AUDIT_USER}');
`;

/** Starts the PostgreSQL of this test run, with a migrated template database, and tells the workers where it is. */
export async function startTestServers(): Promise<void> {
  if (globalThis.stopTestServers !== undefined) return;
  const cluster = await startTestCluster();
  globalThis.stopTestServers = () => cluster.stop();
  try {
    await createTemplates(cluster);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  process.env[TEST_POSTGRES_VARIABLE] = JSON.stringify({
    adminUrl: cluster.adminUrl('postgres'),
    appPassword: cluster.password,
  });
}

async function createTemplates(cluster: TestCluster): Promise<void> {
  const admin = await openSql(cluster.adminUrl('postgres'));
  try {
    await admin.query(`CREATE ROLE ${APP_USER} LOGIN PASSWORD '${cluster.password}'`);
    await admin.query(`CREATE ROLE ${AUDIT_USER} LOGIN PASSWORD '${cluster.password}'`);
    const templates = [TEMPLATE_DATABASE, AUDIT_TEMPLATE_DATABASE];
    for (const template of templates) await admin.query(`CREATE DATABASE ${template} OWNER ${APP_USER}`);
    await migrateBoth(
      cluster.url(APP_USER, cluster.password, TEMPLATE_DATABASE),
      cluster.url(APP_USER, cluster.password, AUDIT_TEMPLATE_DATABASE),
    );
    // CREATE DATABASE … TEMPLATE fails while anybody is connected to the template.
    for (const template of templates) await admin.query(`ALTER DATABASE ${template} ALLOW_CONNECTIONS false`);
  } finally {
    await admin.close();
  }
}

/** In a process of its own: Jest's own process would load the built modules as CommonJS. */
async function migrateBoth(databaseUrl: string, auditDatabaseUrl: string): Promise<void> {
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', RUN_MIGRATIONS], {
    env: { ...process.env, DATABASE_URL: databaseUrl, AUDIT_DATABASE_URL: auditDatabaseUrl },
  });
}
