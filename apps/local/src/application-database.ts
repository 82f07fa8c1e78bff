import pg from 'pg';
import { clusterUrl, SUPERUSER, type PostgresCluster } from './postgres-cluster.js';
import type { LocalKeys } from './keys.js';

/** Role and database of the user service have the same name. The role owns its database and is no superuser. */
const NAME = 'user_service';
/** The Audit Service's role owns nothing: it may read and add. Another one owns the tables. */
const AUDIT_NAME = 'audit_service';
const AUDIT_OWNER = 'audit_service_owner';

export interface DatabaseUrls {
  readonly user: string;
  readonly audit: string;
  /** For migrations alone. */
  readonly auditOwner: string;
}

/** Makes the roles and databases of both services where they are missing, and returns the URLs to reach them. */
export async function ensureDatabases(cluster: PostgresCluster, keys: LocalKeys): Promise<DatabaseUrls> {
  const client = new pg.Client({
    connectionString: cluster.url(SUPERUSER, keys.superuserPassword, 'postgres'),
    connectionTimeoutMillis: 5_000,
  });
  // A stop ends PostgreSQL under it. Whoever waits for an answer is told; an event that nobody hears ends the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await ensureRole(client, NAME, keys.databasePassword);
    await ensureRole(client, AUDIT_OWNER, keys.auditOwnerPassword);
    await ensureRole(client, AUDIT_NAME, keys.auditDatabasePassword);
    await ensureDatabase(client, NAME, NAME);
    await ensureDatabase(client, AUDIT_NAME, AUDIT_OWNER, [AUDIT_NAME]);
  } finally {
    await client.end();
  }
  return {
    user: applicationUrl(cluster.port, keys),
    audit: clusterUrl(cluster.port, AUDIT_NAME, keys.auditDatabasePassword, AUDIT_NAME),
    auditOwner: clusterUrl(cluster.port, AUDIT_OWNER, keys.auditOwnerPassword, AUDIT_NAME),
  };
}

/** Where the user service finds its database while the cluster listens on `port`. */
export function applicationUrl(port: number, keys: LocalKeys): string {
  return clusterUrl(port, NAME, keys.databasePassword, NAME);
}

/** The password too, at every start: the keys are the truth, and a run may have been killed in between. */
async function ensureRole(client: pg.Client, name: string, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(`${verb} ROLE ${name} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
}

/** Neither service looks into the database of the other. The rights are given at every start, for the same reason. */
async function ensureDatabase(
  client: pg.Client,
  name: string,
  owner: string,
  users: readonly string[] = [],
): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${name} OWNER ${owner}`);
  await client.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
  for (const user of [owner, ...users]) await client.query(`GRANT CONNECT ON DATABASE ${name} TO ${user}`);
}
