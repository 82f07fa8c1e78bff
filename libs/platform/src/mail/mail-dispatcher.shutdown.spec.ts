import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it, jest } from '@jest/globals';

import { MetricsRegistry } from '#platform/metrics';

import { CollectedLog, MailsInMemory, queued } from '../../testing/mails.js';
import { MailDispatcher } from './mail-dispatcher.js';
import type { MailSender } from './mail-sender.js';
import { MailWake } from './mail-wake.js';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}

function start(send: MailSender['send'], prepare: (store: MailsInMemory) => void = () => undefined) {
  const store = new MailsInMemory();
  prepare(store);
  const wake = new MailWake();
  const close = jest.fn();
  const sender = { send, close, recipientsOf: async () => new Map() } as unknown as MailSender;
  const dispatcher = new MailDispatcher(store, sender, wake, new CollectedLog(), new MetricsRegistry());
  dispatcher.onApplicationBootstrap();
  return { store, wake, close, dispatcher };
}

describe('The mail dispatcher at shutdown', () => {
  it('gives back at shutdown what is left for somebody who got a mail already', async () => {
    const gate = Promise.withResolvers<undefined>();
    const started: string[] = [];
    const { store, dispatcher } = start(
      async ({ id }) => {
        started.push(id);
        await gate.promise;
        return 'sent';
      },
      ({ due }) => due.push(...['a', 'b', 'c'].map((id) => queued(id, { userId: 'one' }))),
    );
    await until(() => started.length > 0);
    const stopped = dispatcher.beforeApplicationShutdown();
    gate.resolve(undefined);
    await stopped;

    expect([store.removed, store.released]).toEqual([['a'], ['b', 'c']]);
  });

  it('finishes what it sends at shutdown and gives the rest back', async () => {
    let finish: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const started: string[] = [];
    const { store, close, dispatcher } = start(
      async ({ id }) => {
        started.push(id);
        await gate;
        return 'sent';
      },
      ({ due }) => due.push(...Array.from({ length: 10 }, (_, index) => queued(`mail-${index}`))),
    );
    await until(() => started.length === 4);
    const stopped = dispatcher.beforeApplicationShutdown();
    finish!();
    await stopped;

    expect(store.removed.toSorted()).toEqual(started.toSorted());
    expect(store.released).toHaveLength(6);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('cuts off at shutdown what a hanging mail server holds, and gives its leases back', async () => {
    const cut = Promise.withResolvers<'sent'>();
    const started: string[] = [];
    const { store, close, dispatcher } = start(
      ({ id }) => {
        started.push(id);
        return cut.promise;
      },
      ({ due }) => due.push(...Array.from({ length: 10 }, (_, index) => queued(`mail-${index}`))),
    );
    close.mockImplementation(() => {
      cut.reject(new Error('closed'));
    });
    await until(() => started.length === 4);
    const before = performance.now();
    await dispatcher.beforeApplicationShutdown();

    expect(performance.now() - before).toBeLessThan(3_000);
    expect(store.postponed.map(({ id }) => id).toSorted()).toEqual(started.toSorted());
    expect(store.released).toHaveLength(6);
  });

  it('begins nothing new once it rests', async () => {
    const { store, wake, dispatcher } = start(async () => 'sent');
    await until(() => store.claims === 1);
    dispatcher.rest();
    store.due.push(queued('a'));
    wake.call();
    await dispatcher.beforeApplicationShutdown();

    expect([store.claims, store.due.length]).toEqual([1, 1]);
  });
});
