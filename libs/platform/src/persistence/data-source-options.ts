import type { DataSourceOptions } from 'typeorm';

import { ImpatientClient } from './pool-guard.js';

/** How this process talks to PostgreSQL. Times are milliseconds. */
export abstract class PersistenceSettings {
  abstract readonly url: string;
  abstract readonly poolSize: number;
  abstract readonly connectTimeoutMs: number;
  abstract readonly statementTimeoutMs: number;
  abstract readonly lockTimeoutMs: number;
  abstract readonly idleInTransactionTimeoutMs: number;
}

export const SCHEMA = 'user_service';

// A connection that is handed out outside of a unit of work cannot write: PostgreSQL refuses it (SQLSTATE 25006).
const READ_ONLY_BY_DEFAULT = '-c default_transaction_read_only=on';

// For PostgreSQL to say itself that a statement was cancelled. With the wait for a connection it stays under 5 s (I11).
const ANSWER_GRACE_MS = 500;

type Classes = NonNullable<DataSourceOptions['entities']>;
type Migrations = NonNullable<DataSourceOptions['migrations']>;

/** Options for the application's pool. Migrations run on a connection of their own: see `migrate.ts`. */
export function dataSourceOptions(
  settings: PersistenceSettings,
  entities: Classes,
  onPoolError: (error: unknown) => void,
): DataSourceOptions {
  return {
    type: 'postgres',
    url: settings.url,
    schema: SCHEMA,
    synchronize: false,
    migrationsRun: false,
    installExtensions: false,
    entities,
    poolSize: settings.poolSize,
    connectTimeoutMS: settings.connectTimeoutMs,
    // Without a handler a connection that PostgreSQL drops while idle ends the process (node-postgres #1075).
    poolErrorHandler: onPoolError,
    applicationName: 'user-service',
    extra: {
      options: READ_ONLY_BY_DEFAULT,
      statement_timeout: settings.statementTimeoutMs,
      lock_timeout: settings.lockTimeoutMs,
      idle_in_transaction_session_timeout: settings.idleInTransactionTimeoutMs,
      // The server's own limit may never come when it hangs or the network is gone; this one is the client's.
      query_timeout: settings.statementTimeoutMs + ANSWER_GRACE_MS,
      Client: ImpatientClient,
      // Statements that do not wait for each other's answers travel together.
      pipeline: true,
      keepAlive: true,
      idleTimeoutMillis: 60_000,
    },
  };
}

/** Options for the migration runner: one connection, allowed to write, patient enough for an index build. */
export function migrationOptions(url: string, schema: string, migrations: Migrations): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    schema,
    synchronize: false,
    installExtensions: false,
    migrations,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    poolSize: 1,
    connectTimeoutMS: 5_000,
    applicationName: `${schema.replaceAll('_', '-')}-migrations`,
    extra: { keepAlive: true },
  };
}
