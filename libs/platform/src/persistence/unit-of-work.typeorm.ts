import { AsyncLocalStorage } from 'node:async_hooks';

import { Injectable } from '@nestjs/common';
import { TransactionHost } from '@nestjs-cls/transactional';
import type { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { DataSource } from 'typeorm';

import { UnitOfWork, type DomainEvent } from '#kernel';

import { DatabaseNotConnected } from './database.js';
import { isDatabaseUnavailable } from './errors.js';
import { EventReactions } from './event-reactions.js';
import { writing } from './pool-guard.js';

/** Stores the events of a unit of work, in its transaction, just before it commits. */
export abstract class EventSink {
  /**
   * Returns the ids under which they were stored. `isTold`: they change nothing, and may be kept under the same ids if
   * nobody learns what became of the transaction.
   */
  abstract store(events: readonly DomainEvent[], isTold: boolean): Promise<readonly string[]>;
  /**
   * Keeps events on the disk that the database cannot take now. `storedIds`: under these it may have them already, if the
   * transaction that failed committed all the same.
   */
  abstract keep(events: readonly DomainEvent[], storedIds: readonly string[]): Promise<void>;
  /** The same events as parameters of a statement that stores them itself (`WITH_EVENTS` of the outbox). */
  abstract columnsOf(events: readonly DomainEvent[]): unknown[];
}

interface Pending {
  readonly events: DomainEvent[];
  readonly afterCommit: (() => void)[];
  /** False once its events have been stored, or never will be. */
  open: boolean;
  /** Ids of the events that the transaction holds. */
  stored: readonly string[];
  /** There is nothing but events. */
  readonly isTold: boolean;
}

function newPending(isTold = false): Pending {
  return { events: [], afterCommit: [], open: true, stored: [], isTold };
}

@Injectable()
export class TypeOrmUnitOfWork extends UnitOfWork {
  readonly #pending = new AsyncLocalStorage<Pending>();

  constructor(
    private readonly host: TransactionHost<TransactionalAdapterTypeOrm>,
    private readonly dataSource: DataSource,
    private readonly sink: EventSink,
    private readonly reactions: EventReactions,
  ) {
    super();
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    return this.host.isTransactionActive() ? work() : this.runIn(newPending(), work);
  }

  /** Nothing else changes with these events, so that a database which is away does not keep them from being told. */
  override async tell(...events: readonly DomainEvent[]): Promise<void> {
    if (this.host.isTransactionActive()) {
      this.record(...events);
      return;
    }
    const pending = newPending(true);
    try {
      await this.runIn(pending, () => {
        this.record(...events);
        return Promise.resolve();
      });
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      await this.sink.keep(events, pending.stored).catch(() => {
        throw error;
      });
    }
  }

  private async runIn<T>(pending: Pending, work: () => Promise<T>): Promise<T> {
    if (!this.dataSource.isInitialized) throw new DatabaseNotConnected();
    const result = await this.#pending.run(pending, () => this.transact(work, pending));
    for (const call of pending.afterCommit) call();
    return result;
  }

  record(...events: readonly DomainEvent[]): void {
    this.pending().events.push(...events);
  }

  afterCommit(work: () => void): void {
    this.pending().afterCommit.push(work);
  }

  private async transact<T>(work: () => Promise<T>, pending: Pending): Promise<T> {
    try {
      return await this.commit(work, pending);
    } finally {
      pending.open = false;
    }
  }

  private commit<T>(work: () => Promise<T>, pending: Pending): Promise<T> {
    const { events } = pending;
    // Connections are read-only by default; this is the one place whose transactions may write.
    return writing(() =>
      this.host.withTransaction(async () => {
        const result = await work();
        // A reaction may record events of its own.
        for (let seen = 0; seen < events.length;) {
          const fresh = events.slice(seen);
          seen = events.length;
          await this.reactions.to(fresh);
        }
        // Work that nobody awaited goes on in this context; what it records from here on would vanish.
        pending.open = false;
        if (events.length > 0) pending.stored = await this.sink.store(events, pending.isTold);
        return result;
      }),
    );
  }

  private pending(): Pending {
    const pending = this.#pending.getStore();
    if (pending?.open !== true) throw new Error('Events are recorded inside of a unit of work only');
    return pending;
  }
}
