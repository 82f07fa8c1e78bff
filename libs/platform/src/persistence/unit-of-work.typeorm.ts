import { AsyncLocalStorage } from 'node:async_hooks';

import { Injectable } from '@nestjs/common';
import { TransactionHost } from '@nestjs-cls/transactional';
import type { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { DataSource } from 'typeorm';

import { UnitOfWork, type DomainEvent } from '#kernel';

import { DatabaseNotConnected } from './database.js';

/** Stores the events of a unit of work, in its transaction, just before it commits. */
export abstract class EventSink {
  abstract store(events: readonly DomainEvent[]): Promise<void>;
}

@Injectable()
export class TypeOrmUnitOfWork extends UnitOfWork {
  readonly #events = new AsyncLocalStorage<DomainEvent[]>();

  constructor(
    private readonly host: TransactionHost<TransactionalAdapterTypeOrm>,
    private readonly dataSource: DataSource,
    private readonly sink: EventSink,
  ) {
    super();
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.host.isTransactionActive()) return work();
    if (!this.dataSource.isInitialized) return Promise.reject(new DatabaseNotConnected());
    const events: DomainEvent[] = [];
    return this.#events.run(events, () =>
      this.host.withTransaction(async () => {
        // Connections are read-only by default; this is the one place that may write.
        await this.host.tx.query('SET TRANSACTION READ WRITE');
        const result = await work();
        if (events.length > 0) await this.sink.store(events);
        return result;
      }),
    );
  }

  record(...events: readonly DomainEvent[]): void {
    const pending = this.#events.getStore();
    if (pending === undefined) throw new Error('Events are recorded inside of a unit of work only');
    pending.push(...events);
  }
}
