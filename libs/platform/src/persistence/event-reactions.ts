import { Injectable } from '@nestjs/common';

import type { DomainEvent } from '#kernel';

type Reaction = (event: DomainEvent) => Promise<void>;

/**
 * What one context does about the events of another, in the transaction in which they happened: it commits or vanishes
 * with them. For what may not be late; everything else reads the outbox.
 */
@Injectable()
export class EventReactions {
  readonly #reactions = new Map<string, Reaction[]>();

  on<Event extends DomainEvent>(type: Event['type'], reaction: (event: Event) => Promise<void>): void {
    this.#reactions.set(type, [...(this.#reactions.get(type) ?? []), reaction as Reaction]);
  }

  /** One after the other, because they share a connection. */
  async to(events: readonly DomainEvent[]): Promise<void> {
    for (const event of events) {
      for (const reaction of this.#reactions.get(event.type) ?? []) await reaction(event);
    }
  }
}
