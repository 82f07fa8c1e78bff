import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { MetricsRegistry } from '#platform/metrics';

import { CollectedLog, MailsInMemory, queued } from '../../testing/mails.js';
import { MailDispatcher } from './mail-dispatcher.js';
import { MailRefused } from './mail-errors.js';
import type { MailSender } from './mail-sender.js';
import { MailWake } from './mail-wake.js';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}

describe('The mail dispatcher', () => {
  const running: MailDispatcher[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map(async (dispatcher) => dispatcher.beforeApplicationShutdown()));
  });

  function start(
    send: MailSender['send'],
    prepare: (store: MailsInMemory) => void = () => undefined,
    recipientsOf: MailSender['recipientsOf'] = async () => new Map(),
  ) {
    const store = new MailsInMemory();
    prepare(store);
    const log = new CollectedLog();
    const wake = new MailWake();
    const metrics = new MetricsRegistry();
    const dispatcher = new MailDispatcher(
      store,
      { send, recipientsOf, close: () => undefined } as unknown as MailSender,
      wake,
      log,
      metrics,
    );
    running.push(dispatcher);
    dispatcher.onApplicationBootstrap();
    /** The outcomes that were counted at all. */
    const counted = async (): Promise<Record<string, number>> => {
      const lines = (await metrics.text()).matchAll(/^mails_total\{outcome="(\w+)"\} ([1-9]\d*)$/gm);
      return Object.fromEntries([...lines].map(([, outcome, count]) => [outcome!, Number(count)]));
    };
    return { store, log, wake, counted };
  }

  it('sends what is due once and removes it', async () => {
    const sent: string[] = [];
    const ids = Array.from({ length: 45 }, (_, index) => `mail-${index}`);
    const { store, counted } = start(
      async ({ id }) => {
        sent.push(id);
        return 'sent';
      },
      ({ due }) => due.push(...ids.map((id) => queued(id))),
    );
    await until(() => store.removed.length === ids.length);

    expect(sent.toSorted()).toEqual(ids.toSorted());
    expect(store.removed.toSorted()).toEqual(ids.toSorted());
    expect(await counted()).toEqual({ sent: 45 });
  });

  it('sends no more than four at once', async () => {
    let atWork = 0;
    let most = 0;
    const { store } = start(
      async () => {
        most = Math.max(most, ++atWork);
        await sleep(3);
        atWork -= 1;
        return 'sent';
      },
      ({ due }) => due.push(...Array.from({ length: 20 }, (_, index) => queued(`mail-${index}`))),
    );
    await until(() => store.removed.length === 20);

    expect(most).toBe(4);
  });

  it('sends the mails of one person one after the other, in their order, past one that fails', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `mail-${String(index).padStart(2, '0')}`);
    const personOf = (id: string): string => `person ${Number(id.slice(-2)) % 2}`;
    const events: string[] = [];
    const { store } = start(
      async ({ id, userId }) => {
        events.push(`${userId} begins ${id}`);
        // The earlier a mail, the longer it takes.
        await sleep(12 - Number(id.slice(-2)));
        events.push(`${userId} ends ${id}`);
        if (id === 'mail-04') throw new Error('no');
        return 'sent';
      },
      ({ due }) => due.push(...ids.map((id) => queued(id, { userId: personOf(id) }))),
    );
    await until(() => store.removed.length === ids.length - 1);

    for (const person of ['person 0', 'person 1']) {
      const theirs = ids.filter((id) => personOf(id) === person);
      expect(events.filter((event) => event.startsWith(person))).toEqual(
        theirs.flatMap((id) => [`${person} begins ${id}`, `${person} ends ${id}`]),
      );
    }
    expect(store.postponed.map(({ id }) => id)).toEqual(['mail-04']);
  });

  it('removes the mail of a person who is gone', async () => {
    const { store, counted } = start(
      async () => 'dropped',
      ({ due }) => due.push(queued('a')),
    );
    await until(() => store.removed.length === 1);

    expect(await counted()).toEqual({ dropped: 1 });
  });

  it('postpones a mail that could not be sent and tells the code alone', async () => {
    const { store, log, counted } = start(
      async () => {
        throw Object.assign(new Error('451 <mia@example.com> greylisted'), { code: 'EENVELOPE' });
      },
      ({ due }) => due.push(queued('a', { attempts: 3 })),
    );
    await until(() => store.postponed.length === 1);

    expect(store.postponed[0]!.seconds).toBeLessThan(4);
    const line = log.lines.find(({ fields }) => fields['event'] === 'mail.failed');
    expect(line).toMatchObject({ level: 'info', fields: { code: 'EENVELOPE', attempts: 3 } });
    expect(JSON.stringify(log.lines)).not.toContain('mia');
    expect(await counted()).toEqual({ failed: 1 });
    expect(store.removed).toEqual([]);
  });

  it('warns of mails that fail once a minute, with their number and the first code', async () => {
    let late = 0;
    const now = performance.now.bind(performance);
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + late);
    const { store, log, wake } = start(
      async ({ id }) => {
        throw Object.assign(new Error('no'), { code: id === 'first' ? 'ETIMEDOUT' : 'ESOCKET' });
      },
      ({ due }) => due.push(queued('first'), queued('a'), queued('b')),
    );
    const warnings = () => log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields);
    const fail = async (...ids: string[]): Promise<void> => {
      store.due.push(...ids.map((id) => queued(id)));
      wake.call();
      await until(() => store.postponed.some(({ id }) => id === ids.at(-1)));
    };
    await until(() => warnings().length === 1);
    await fail('c', 'd');
    late = 61_000;
    await fail('e');
    await until(() => warnings().length === 2);
    clock.mockRestore();

    expect(warnings()).toEqual([
      { event: 'mail.delivery_failing', dependency: 'mail', count: 3, code: 'ETIMEDOUT' },
      { event: 'mail.delivery_failing', dependency: 'mail', count: 3, code: 'ESOCKET' },
    ]);
  });

  it('sets a refused mail aside with one warning', async () => {
    const { store, log, counted } = start(
      async () => {
        throw new MailRefused('550');
      },
      ({ due }) => due.push(queued('a')),
    );
    await until(() => store.parked.length === 1);

    expect(log.lines.map(({ level, fields }) => [level, fields['event'], fields['code']])).toEqual([
      ['warn', 'mail.parked', 'refused'],
    ]);
    expect(await counted()).toEqual({ parked: 1 });
    expect(store.postponed).toEqual([]);
  });

  it('sets a mail aside that failed for a day', async () => {
    const { store } = start(
      async () => {
        throw new Error('no route');
      },
      ({ due }) => due.push(queued('young', { ageSeconds: 86_399 }), queued('old', { ageSeconds: 86_400 })),
    );
    await until(() => store.parked.length + store.postponed.length === 2);

    expect(store.parked).toEqual(['old']);
    expect(store.postponed.map(({ id }) => id)).toEqual(['young']);
  });

  it('goes on with the next mail when one fails', async () => {
    const { store } = start(
      async ({ id }) => {
        if (id === 'bad') throw new Error('no');
        return 'sent';
      },
      ({ due }) => due.push(queued('bad'), ...Array.from({ length: 9 }, (_, index) => queued(`good-${index}`))),
    );
    await until(() => store.removed.length === 9);

    expect(store.postponed.map(({ id }) => id)).toEqual(['bad']);
  });

  it('looks again as soon as it is woken', async () => {
    const { store, wake } = start(async () => 'sent');
    await until(() => store.claims === 1);
    const before = performance.now();
    store.due.push(queued('a'));
    wake.call();
    await until(() => store.removed.length === 1);

    // The next poll would have come after a second.
    expect(performance.now() - before).toBeLessThan(900);
  });

  it('warns once while the queue cannot be read, and sends when it is back', async () => {
    const { store, log, wake } = start(
      async () => 'sent',
      (down) => {
        down.down = true;
      },
    );
    for (const claims of [1, 2, 3]) {
      await until(() => store.claims >= claims);
      wake.call();
    }
    store.down = false;
    store.due.push(queued('a'));
    wake.call();
    await until(() => store.removed.length === 1);

    expect(log.lines.map(({ level, fields }) => [level, fields['event'], fields['code']])).toEqual([
      ['warn', 'mail.queue_unreachable', 'ECONNREFUSED'],
    ]);
  });

  it.each(['they were claimed', 'their recipients were read'])(
    'gives mails back whose lease ran too far while %s',
    async (when) => {
      const send = jest.fn<MailSender['send']>(async () => 'sent');
      let late = 0;
      const now = performance.now.bind(performance);
      const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + late);
      const hold = (moment: string) => (): void => {
        if (moment === when) late = 9_000;
      };
      const { store } = start(
        send,
        (slow) => {
          slow.due.push(queued('a'));
          slow.onClaim = hold('they were claimed');
        },
        async () => {
          hold('their recipients were read')();
          return new Map();
        },
      );
      await until(() => store.released.length === 1);
      clock.mockRestore();

      expect([store.released, send.mock.calls.length]).toEqual([['a'], 0]);
    },
  );

  it('gives mails back whose recipients cannot be read, and tells that the queue is unreachable', async () => {
    const send = jest.fn<MailSender['send']>(async () => 'sent');
    const { store, log } = start(
      send,
      ({ due }) => {
        due.push(queued('a'));
      },
      () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })),
    );
    await until(() => log.lines.length === 1);

    expect(log.lines[0]!.fields).toMatchObject({ event: 'mail.queue_unreachable', code: 'ECONNREFUSED' });
    expect([store.removed, store.released, send.mock.calls.length]).toEqual([[], ['a'], 0]);
  });
});
