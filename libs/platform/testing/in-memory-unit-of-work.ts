import { AsyncLocalStorage } from 'node:async_hooks';

import { UnitOfWork, type DomainEvent } from '#kernel';
import { EventReactions } from '#platform/persistence';

/** A fake store that takes part in units of work. */
export interface Participant {
  /** Remembers the present content; what it returns brings it back. */
  snapshot(): () => void;
}

interface Pending {
  readonly events: DomainEvent[];
  readonly afterCommit: (() => void)[];
  /** False once its events have been stored, or never will be. */
  open: boolean;
}

/** One unit of work after the other, on stores in memory. Parallel calls queue, as they would for one row's lock. */
export class InMemoryUnitOfWork extends UnitOfWork {
  readonly #pending = new AsyncLocalStorage<Pending>();
  readonly reactions = new EventReactions();
  readonly #participants: Participant[] = [];
  readonly #published: DomainEvent[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  enlist(...participants: readonly Participant[]): void {
    this.#participants.push(...participants);
  }

  /** What has been committed, oldest first. */
  get published(): readonly DomainEvent[] {
    return this.#published;
  }

  get publishedTypes(): string[] {
    return this.#published.map(({ type }) => type);
  }

  /** Called by a fake store before it writes. */
  assertActive(): void {
    if (this.#pending.getStore() === undefined) throw new Error('A write outside of a unit of work');
  }

  /** Called by a port that must not be used inside of one. */
  assertIdle(): void {
    if (this.#pending.getStore() !== undefined) throw new Error('Slow work inside of a unit of work');
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#pending.getStore() !== undefined) return work();
    const result = this.#turn.then(() => this.#transact(work));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  record(...events: readonly DomainEvent[]): void {
    const pending = this.#pending.getStore();
    if (pending?.open !== true) throw new Error('Events are recorded inside of a unit of work only');
    pending.events.push(...events);
  }

  afterCommit(work: () => void): void {
    const pending = this.#pending.getStore();
    if (pending?.open !== true) throw new Error('A unit of work is running only inside of one');
    pending.afterCommit.push(work);
  }

  async #transact<T>(work: () => Promise<T>): Promise<T> {
    const restore = this.#participants.map((participant) => participant.snapshot());
    const pending: Pending = { events: [], afterCommit: [], open: true };
    const { events, afterCommit } = pending;
    try {
      const result = await this.#pending.run(pending, async () => {
        const worked = await work();
        for (const event of events) await this.reactions.to([event]);
        pending.open = false;
        return worked;
      });
      this.#published.push(...events);
      for (const call of afterCommit) call();
      return result;
    } catch (error) {
      for (const back of restore) back();
      throw error;
    } finally {
      pending.open = false;
    }
  }
}

/** Rows in memory, by key. Writing needs a running unit of work; one that fails takes the rows back. */
export class InMemoryTable<Row> implements Participant {
  #rows = new Map<string, Row>();

  constructor(private readonly uow: InMemoryUnitOfWork) {
    uow.enlist(this);
  }

  snapshot(): () => void {
    const rows = new Map(this.#rows);
    return () => {
      this.#rows = rows;
    };
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  all(): Row[] {
    return [...this.#rows.values()];
  }

  entries(): (readonly [key: string, row: Row])[] {
    return [...this.#rows];
  }

  /** Rows are replaced, never changed in place. */
  put(key: string, row: Row): void {
    this.uow.assertActive();
    this.#rows.set(key, row);
  }

  remove(key: string): void {
    this.uow.assertActive();
    this.#rows.delete(key);
  }

  /** False, and nothing stored, when the key is taken. */
  insert(key: string, row: Row): boolean {
    this.uow.assertActive();
    if (this.#rows.has(key)) return false;
    this.#rows.set(key, row);
    return true;
  }
}
