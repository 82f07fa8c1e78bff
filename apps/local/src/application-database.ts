import pg from 'pg';
import { clusterUrl, SUPERUSER, type PostgresCluster } from './postgres-cluster.js';
import type { LocalKeys } from './keys.js';

/** Role and database of the user service have the same name. The role owns its database and is no superuser. */
const NAME = 'user_service';

/** Makes the service's role and database where they are missing, and returns the URL to reach them. */
export async function ensureApplicationDatabase(cluster: PostgresCluster, keys: LocalKeys): Promise<string> {
  const client = new pg.Client({
    connectionString: cluster.url(SUPERUSER, keys.superuserPassword, 'postgres'),
    connectionTimeoutMillis: 5_000,
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ role: boolean; database: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role,
              EXISTS (SELECT FROM pg_database WHERE datname = $1) AS database`,
      [NAME],
    );
    if (rows[0]?.role !== true) {
      await client.query(`CREATE ROLE ${NAME} LOGIN PASSWORD ${client.escapeLiteral(keys.databasePassword)}`);
    }
    if (rows[0]?.database !== true) await client.query(`CREATE DATABASE ${NAME} OWNER ${NAME}`);
  } finally {
    await client.end();
  }
  return applicationUrl(cluster.port, keys);
}

/** Where the service finds its database while the cluster listens on `port`. */
export function applicationUrl(port: number, keys: LocalKeys): string {
  return clusterUrl(port, NAME, keys.databasePassword, NAME);
}
