import type { DomainEvent } from './domain-event.js';

/**
 * One database transaction that everything inside `run` shares without passing it along, together with the events
 * that must commit or vanish with it.
 *
 * Inside: database work only. No hashing, mail, HTTP or `Promise.all`. A write outside of `run` is refused by the
 * database. A nested `run` joins the outer one. A failure that must leave a trace returns from `run` and is thrown
 * after it.
 */
export abstract class UnitOfWork {
  /** Runs `work` in a transaction and returns what it returns; anything thrown rolls everything back. */
  abstract run<T>(work: () => Promise<T>): Promise<T>;

  /** Adds events to the running unit of work. Throws outside of one: an event without its transaction is a lie. */
  abstract record(...events: readonly DomainEvent[]): void;

  /**
   * Calls `work` once the running unit of work has committed, before `run` returns, and never when it rolled back.
   * For what this process remembers of the rows that changed; it must not fail and nobody waits for it. Throws outside
   * of a unit of work.
   */
  abstract afterCommit(work: () => void): void;

  /** Events that no change goes with, such as a refusal: part of the running unit of work, else one of their own. */
  tell(...events: readonly DomainEvent[]): Promise<void> {
    return this.run(() => {
      this.record(...events);
      return Promise.resolve();
    });
  }
}
