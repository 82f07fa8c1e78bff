import { Injectable } from '@nestjs/common';
import { TransactionHost } from '@nestjs-cls/transactional';
import type { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { DataSource, type EntityManager } from 'typeorm';

/** Thrown instead of a driver's error while the pool has not been opened yet. */
export class DatabaseNotConnected extends Error {
  readonly code = 'ECONNREFUSED';

  constructor() {
    super('The database connection is not established yet');
    this.name = 'DatabaseNotConnected';
  }
}

interface QueryResult {
  readonly rows: unknown[];
  readonly rowCount: number | null;
}
interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
}
interface Connection {
  query(statement: Statement | string): Promise<QueryResult>;
}
interface PooledConnection extends Connection {
  release(broken?: boolean): void;
}
interface Pool extends Connection {
  connect(): Promise<PooledConnection>;
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

// The texts are constants of the code, some dozens; what a mistake makes beyond that is planned anew at each call.
const MOST_NAMES = 500;

/**
 * At the head of a statement on a table that may be empty now and long in a minute: it is planned at each call, by how long
 * the table is then. A plan that was kept from when it was empty would read all of it each time.
 */
export const PLANNED_ANEW = '/* planned anew */';

/**
 * SQL where SQL says it best. Inside of a unit of work everything runs in its transaction; outside of one the
 * connection is read-only and a write fails with SQLSTATE 25006.
 */
@Injectable()
export class Database {
  readonly #names = new Map<string, string>();

  constructor(
    private readonly host: TransactionHost<TransactionalAdapterTypeOrm>,
    private readonly dataSource: DataSource,
  ) {}

  /** Rows of one parameterised statement; of `INSERT`, `UPDATE` and `DELETE` those of `RETURNING`. */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const connection = this.host.isTransactionActive() ? await this.ofTransaction() : this.pool;
    return (await connection.query(this.prepared(sql, parameters))).rows as Row[];
  }

  /**
   * One writing statement that is a whole transaction by itself, in one round trip. Inside of a unit of work it is part
   * of that. Nothing adds events to it: the statement brings its own row of the outbox, if it needs one.
   */
  async change<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    if (this.host.isTransactionActive()) return this.query<Row>(sql, parameters);
    const connection = await this.pool.connect();
    let broken = true;
    try {
      // All three leave at once. Once one has failed, PostgreSQL makes a ROLLBACK of the COMMIT.
      const [begun, changed, committed] = await Promise.allSettled([
        connection.query('BEGIN READ WRITE'),
        connection.query(this.prepared(sql, parameters)),
        connection.query('COMMIT'),
      ]);
      broken = [begun, committed].some(({ status }) => status === 'rejected');
      for (const step of [begun, changed, committed]) if (step.status === 'rejected') throw step.reason;
      return changed.status === 'fulfilled' ? (changed.value.rows as Row[]) : [];
    } finally {
      connection.release(broken);
    }
  }

  // A named statement is parsed and planned once in a connection, which is half of what a look-up costs PostgreSQL.
  private prepared(text: string, values: readonly unknown[]): Statement {
    if (text.startsWith(PLANNED_ANEW)) return { text, values };
    let name = this.#names.get(text);
    if (name === undefined) {
      if (this.#names.size >= MOST_NAMES) return { text, values };
      name = `s${String(this.#names.size)}`;
      this.#names.set(text, name);
    }
    return { name, text, values };
  }

  private async ofTransaction(): Promise<Connection> {
    const runner = this.host.tx.queryRunner;
    if (runner === undefined) throw new DatabaseNotConnected();
    return (await runner.connect()) as Connection;
  }

  /** The entity manager of the running transaction. Throws outside of a unit of work: writes belong inside. */
  get entities(): EntityManager {
    if (!this.host.isTransactionActive()) throw new Error('Entities are written inside of a unit of work only');
    return this.host.tx;
  }

  /** Connections of this process, for metrics. */
  get connections(): { total: number; idle: number; waiting: number } {
    if (!this.dataSource.isInitialized) return { total: 0, idle: 0, waiting: 0 };
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount };
  }

  // A plain read needs no query runner; the driver's own pool answers in half the time.
  private get pool(): Pool {
    if (!this.dataSource.isInitialized) throw new DatabaseNotConnected();
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }
}
