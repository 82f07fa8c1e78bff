import type { DomainEvent } from './domain-event.js';

/**
 * A consistency boundary that remembers what happened to it. Its repository hands the events to the unit of work
 * when it saves, so that a change cannot be stored without them.
 */
export abstract class AggregateRoot<Event extends DomainEvent> {
  #events: Event[] = [];

  protected record(event: Event): void {
    this.#events.push(event);
  }

  /** Takes the recorded events; a second call finds none. */
  pullEvents(): Event[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
