import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { SealedAuditEvent } from '#platform/audit-chain';

import { sealedEvents, TestLane, auditEvent } from '../../libs/platform/testing/sealed-events.js';
import { startAuditService, type TestAuditService } from '../support/audit-service.js';

const LANE = 3;
const COUNT = 40;
const TABLES = ['audit.events', 'audit.refused_events'];

let service: TestAuditService;

interface Lane {
  readonly lane: number;
  readonly chainOk: boolean;
  readonly firstFault: unknown;
}

async function verified(): Promise<Lane[]> {
  return (await service.post('/api/v1/lanes/verify')).body['items'] as Lane[];
}

const place = (number: number): string => String(number).padStart(20, '0');

/** What somebody with all rights in PostgreSQL can do, and nobody else. */
async function asSuperuser(change: string): Promise<void> {
  await service.superuser.query('ALTER TABLE audit.events DISABLE TRIGGER append_only');
  await service.superuser.query(change);
  await service.superuser.query('ALTER TABLE audit.events ENABLE ALWAYS TRIGGER append_only');
}

describe('AU-10 What the Audit Service has received', () => {
  const events = sealedEvents(COUNT, LANE);
  const poison = new TestLane(LANE + 1).seal({ ...auditEvent(1), type: 'NOT A TYPE' });

  beforeAll(async () => {
    service = await startAuditService();
    await service.send(events);
    await service.send([poison]);
  });

  afterAll(() => service.close());

  it.each(TABLES)('cannot be changed by the role of the service: %s', async (table) => {
    for (const statement of [
      `UPDATE ${table} SET received_at = now()`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
      `ALTER TABLE ${table} DISABLE TRIGGER append_only`,
      `DROP TABLE ${table}`,
    ]) {
      await expect(service.sql.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });

  it.each(TABLES)(
    'cannot be changed by its owner or a superuser either, before they have removed the trigger: %s',
    async (table) => {
      await service.superuser.query('SET session_replication_role = replica');
      for (const statement of [
        `UPDATE ${table} SET received_at = now()`,
        `DELETE FROM ${table}`,
        `TRUNCATE ${table}`,
      ]) {
        await expect(service.superuser.query(statement)).rejects.toThrow(
          /permission denied: audit\.\w+ is append-only/,
        );
      }
      await service.superuser.query('SET session_replication_role = DEFAULT');
    },
  );

  it('is proven to be whole', async () => {
    expect((await verified()).map(({ lane, chainOk }) => [lane, chainOk])).toEqual([
      [LANE, true],
      [LANE + 1, true],
    ]);
  });

  it('cannot say one thing in an event and another in the columns that are searched', async () => {
    await expect(
      asSuperuser(`UPDATE audit.events SET type = 'session.logged_out' WHERE sequence = 1`),
    ).rejects.toMatchObject({ code: '428C9' });
    await service.superuser.query('ALTER TABLE audit.events ENABLE ALWAYS TRIGGER append_only');
  });

  it('names the position of a row that a superuser has altered, whatever was altered in it', async () => {
    const original = events[16]!;
    const alterations = [
      { type: 'session.logged_out' },
      { subject: 'user/01938a6e-0000-7000-8000-00000000bbbb' },
      { time: '2026-01-01T00:00:00.001Z' },
      { data: { ...original.data, outcome: 'failure' } },
      { hash: events[0]!.hash },
      { added: true },
      // As if it were the note of a refused event.
      { refused: 'event_invalid', type: 'session.logged_out' },
      { refused: 'event_invalid', code: 'event_invalid', data: null },
      { hash: undefined },
      { prevhash: undefined },
      { hash: undefined, prevhash: undefined, data: undefined },
      { hash: 7, prevhash: [] },
      { sequence: ' 00000000000000000017' },
    ];
    for (const alteration of alterations) {
      const altered = JSON.stringify({ ...original, ...alteration });
      await asSuperuser(`UPDATE audit.events SET event = '${altered}' WHERE lane = ${LANE} AND sequence = 17`);

      const [lane, other] = await verified();

      expect(lane).toMatchObject({
        chainOk: false,
        firstFault: { kind: 'altered', lane: LANE, sequence: place(17), eventId: original.id },
      });
      expect(other!.chainOk).toBe(true);
      const page = await service.get('/?lang=en', {});
      expect([page.status, page.text.includes('A chain is broken')]).toEqual([200, true]);
    }
    await asSuperuser(
      `UPDATE audit.events SET event = '${JSON.stringify(original)}' WHERE lane = ${LANE} AND sequence = 17`,
    );
    expect((await verified())[0]!.chainOk).toBe(true);
  });

  it('tells monitoring of an alteration', async () => {
    const broken = async (): Promise<string | undefined> =>
      /^audit_receiver_broken_lanes (\d)$/m.exec((await service.get('/metrics', {})).text)?.[1];
    const change = (event: object): Promise<void> =>
      asSuperuser(`UPDATE audit.events SET event = '${JSON.stringify(event)}' WHERE lane = ${LANE} AND sequence = 5`);
    expect(await broken()).toBe('0');

    await change({ ...events[4], type: 'session.logged_out' });
    await verified();

    expect(await broken()).toBe('1');
    await change(events[4]!);
  });

  it('names the place of a row that a superuser has deleted', async () => {
    await asSuperuser(`DELETE FROM audit.events WHERE lane = ${LANE} AND sequence = 30`);

    expect((await verified())[0]).toMatchObject({
      chainOk: false,
      firstFault: { kind: 'gap', sequence: place(30), eventId: events[30]!.id },
    });
    expect((await service.send([events[29]])).body).toMatchObject({ accepted: 1 });
    expect((await verified())[0]!.chainOk).toBe(true);
  });

  it('is no reason to refuse what comes next, and what comes next proves that its predecessor was replaced', async () => {
    const [last, next, afterwards] = sealedEvents(COUNT + 2, LANE).slice(COUNT - 1) as [
      SealedAuditEvent,
      SealedAuditEvent,
      SealedAuditEvent,
    ];
    const change = (event: object): Promise<void> =>
      asSuperuser(`UPDATE audit.events SET event = '${JSON.stringify(event)}' WHERE lane = ${LANE} AND sequence = 40`);
    await change({ ...last, hash: events[0]!.hash });
    expect((await service.send([next])).body).toMatchObject({ accepted: 1, rejected: [] });
    expect((await verified())[0]).toMatchObject({ firstFault: { kind: 'altered', sequence: place(COUNT) } });

    await asSuperuser(`DELETE FROM audit.events WHERE lane = ${LANE} AND sequence > 40`);
    const forged = new TestLane(LANE);
    for (const { lane: _lane, sequence: _sequence, prevhash: _prevhash, hash: _hash, ...event } of events.slice(0, -1))
      forged.seal(event);
    await change(forged.seal(auditEvent(COUNT, { reason: 'forged' })));
    expect((await service.send([next, afterwards])).body).toMatchObject({
      accepted: 0,
      rejected: [next, afterwards].map(({ id }) => ({ id, code: 'sequence_conflict' })),
    });
    expect((await verified())[0]).toMatchObject({
      firstFault: { kind: 'unlinked', sequence: place(COUNT + 1), eventId: next.id },
    });
  });
});
