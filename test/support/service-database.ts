import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { TestCluster } from './postgres-cluster.js';
import { openSql } from './sql.js';
import { APP_USER } from './test-database.js';

const MIGRATE = join(import.meta.dirname, '../../dist/apps/user-service/src/migration-cli.js');

/** A migrated database of the service on a cluster of the test's own; returns its address. */
export async function createDatabase(cluster: TestCluster): Promise<string> {
  const admin = await openSql(cluster.adminUrl('postgres'));
  try {
    await admin.query(`CREATE ROLE ${APP_USER} LOGIN PASSWORD '${cluster.password}'`);
    await admin.query(`CREATE DATABASE ${APP_USER} OWNER ${APP_USER}`);
  } finally {
    await admin.close();
  }
  const url = cluster.url(APP_USER, cluster.password, APP_USER);
  await promisify(execFile)(process.execPath, [MIGRATE, 'run'], {
    env: { PATH: process.env['PATH'], DATABASE_URL: url },
  });
  return url;
}
