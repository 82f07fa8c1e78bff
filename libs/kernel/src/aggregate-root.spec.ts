import { describe, expect, it } from '@jest/globals';

import { AggregateRoot } from './aggregate-root.js';
import type { DomainEvent } from './domain-event.js';

type Opened = DomainEvent<'test.opened', { by: string }>;

class Door extends AggregateRoot<Opened> {
  open(by: string): void {
    this.record({ type: 'test.opened', userId: null, occurredAt: new Date(0), data: { by } });
  }
}

describe('An aggregate', () => {
  it('hands over the events it recorded once, in order', () => {
    const door = new Door();
    door.open('a');
    door.open('b');

    expect(door.pullEvents().map((event) => event.data.by)).toEqual(['a', 'b']);
    expect(door.pullEvents()).toEqual([]);
  });
});
