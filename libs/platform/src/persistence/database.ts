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
interface Pool {
  query(text: string, values: readonly unknown[]): Promise<QueryResult>;
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/**
 * SQL where SQL says it best. Inside of a unit of work everything runs in its transaction; outside of one the
 * connection is read-only and a write fails with SQLSTATE 25006.
 */
@Injectable()
export class Database {
  constructor(
    private readonly host: TransactionHost<TransactionalAdapterTypeOrm>,
    private readonly dataSource: DataSource,
  ) {}

  /** Rows of one parameterised statement; of `INSERT`, `UPDATE` and `DELETE` those of `RETURNING`. */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    if (!this.host.isTransactionActive()) return (await this.pool.query(sql, parameters)).rows as Row[];
    const runner = this.host.tx.queryRunner;
    if (runner === undefined) throw new DatabaseNotConnected();
    return (await runner.query(sql, [...parameters], true)).records as Row[];
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
