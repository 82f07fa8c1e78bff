import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';

import { databaseErrorCode } from '#platform/persistence';

export abstract class AuditDatabaseSettings {
  abstract readonly url: string;
}

export type Query = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

// Every wait is bounded (architecture.md, rule 11). A batch waits for others at the lock that orders them.
const LIMITS = {
  max: 10,
  connectionTimeoutMillis: 1_000,
  statement_timeout: 5_000,
  lock_timeout: 3_000,
  query_timeout: 5_500,
  idle_in_transaction_session_timeout: 10_000,
};

/** The pool of the service's role. */
@Injectable()
export class AuditDatabase implements OnApplicationShutdown {
  readonly #pool: pg.Pool;
  readonly #logger = new Logger('Database');

  constructor({ url }: AuditDatabaseSettings) {
    this.#pool = new pg.Pool({ connectionString: url, application_name: 'audit-service', keepAlive: true, ...LIMITS });
    // Without a handler a connection that PostgreSQL drops while idle ends the process (node-postgres #1075).
    this.#pool.on('error', (error) => {
      this.#logger.warn({ event: 'database_connection_lost', code: databaseErrorCode(error) ?? 'unknown' });
    });
  }

  readonly query: Query = async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
    (await this.#pool.query<Row>(sql, [...values])).rows;

  /** Commits when the work is done; whatever it throws rolls it back. */
  async transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let isBroken = true;
    try {
      await client.query('BEGIN');
      const result = await work(
        async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
          (await client.query<Row>(sql, [...values])).rows,
      );
      await client.query('COMMIT');
      isBroken = false;
      return result;
    } finally {
      // A connection that is not at rest is closed, and PostgreSQL rolls back what it had begun.
      client.release(isBroken);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#pool.end();
  }
}
