import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { APP_USER, TEMPLATE_DATABASE, TEST_POSTGRES_VARIABLE } from './test-database.js';
import { openSql } from './sql.js';
import { startTestCluster, type TestCluster } from './postgres-cluster.js';

declare global {
  /** Set by the global setup for the global teardown, which Jest loads as a module of its own. */
  var stopTestServers: (() => Promise<void>) | undefined;
}

const MIGRATE = join(import.meta.dirname, '../../dist/apps/user-service/src/migrate.js');
const RUN_MIGRATIONS = `
  import { runMigrations } from ${JSON.stringify(pathToFileURL(MIGRATE))};
  await runMigrations(process.env.DATABASE_URL);
`;

/** Starts the PostgreSQL of this test run, with a migrated template database, and tells the workers where it is. */
export async function startTestServers(): Promise<void> {
  if (globalThis.stopTestServers !== undefined) return;
  const cluster = await startTestCluster();
  globalThis.stopTestServers = () => cluster.stop();
  try {
    await createTemplate(cluster);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  process.env[TEST_POSTGRES_VARIABLE] = JSON.stringify({
    adminUrl: cluster.adminUrl('postgres'),
    appPassword: cluster.password,
  });
}

async function createTemplate(cluster: TestCluster): Promise<void> {
  const admin = await openSql(cluster.adminUrl('postgres'));
  try {
    await admin.query(`CREATE ROLE ${APP_USER} LOGIN PASSWORD '${cluster.password}'`);
    await admin.query(`CREATE DATABASE ${TEMPLATE_DATABASE} OWNER ${APP_USER}`);
    await migrate(cluster.url(APP_USER, cluster.password, TEMPLATE_DATABASE));
    // CREATE DATABASE … TEMPLATE fails while anybody is connected to the template.
    await admin.query(`ALTER DATABASE ${TEMPLATE_DATABASE} ALLOW_CONNECTIONS false`);
  } finally {
    await admin.close();
  }
}

/** In a process of its own: Jest's own process would load the built modules as CommonJS. */
async function migrate(databaseUrl: string): Promise<void> {
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', RUN_MIGRATIONS], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
  });
}
