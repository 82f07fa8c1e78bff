import { beforeEach, describe, expect, it } from '@jest/globals';

import type { DomainEvent } from '#kernel';

import { EventReactions } from './event-reactions.js';

const event = (type: string): DomainEvent => ({ type, userId: null, occurredAt: new Date(0), data: {} });

describe('Reactions to events', () => {
  let reactions: EventReactions;
  let log: string[];
  const react = (type: string, name: string): void => {
    reactions.on(type, async (seen) => {
      log.push(`${name} begins with ${seen.type}`);
      await Promise.resolve();
      log.push(`${name} ends`);
    });
  };

  beforeEach(() => {
    reactions = new EventReactions();
    log = [];
  });

  it('come one after the other, in the order of the events and of their registration', async () => {
    react('a', 'first');
    react('a', 'second');
    react('b', 'third');
    await reactions.to([event('b'), event('a')]);

    expect(log).toEqual([
      ...['third begins with b', 'third ends'],
      ...['first begins with a', 'first ends', 'second begins with a', 'second ends'],
    ]);
  });

  it('come to no other event', async () => {
    react('a', 'first');
    await reactions.to([event('b'), event('toString'), event('')]);

    expect(log).toEqual([]);
  });

  it('end with the first that fails, which whoever tells the events learns', async () => {
    reactions.on('a', async () => {
      throw new Error('no');
    });
    react('a', 'second');

    await expect(reactions.to([event('a')])).rejects.toThrow('no');
    expect(log).toEqual([]);
  });
});
