import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { UnitOfWork, type DomainEvent } from '#kernel';
import { WITH_EVENTS } from '#platform/outbox';
import { Database, EventSink } from '#platform/persistence';

import { startTestApp, type TestApp } from '../support/test-app.js';

const READ_ONLY_TRANSACTION = '25006';
const UNIQUE_VIOLATION = '23505';
const INSERT = `
  INSERT INTO user_service.outbox (id, topic, lane, payload, available_at)
  SELECT unnest($1::uuid[]), 'mail', 0, '{}', 'infinity' RETURNING id`;

let app: TestApp;
let database: Database;
let uow: UnitOfWork;
let ids: string[];

beforeAll(async () => {
  app = await startTestApp();
  database = app.app.get(Database);
  uow = app.app.get(UnitOfWork);
});
afterAll(() => app.close());
beforeEach(() => {
  ids = [randomUUID(), randomUUID()];
});

async function stored(wanted: readonly string[] = ids): Promise<number> {
  return (await app.sql.query('SELECT 1 FROM user_service.outbox WHERE id = ANY ($1)', [wanted])).length;
}

describe('A change that is one statement', () => {
  it('is committed when it is answered, and tells what it returned', async () => {
    expect(await database.change<{ id: string }>(INSERT, [ids])).toEqual(ids.map((id) => ({ id })));

    expect(await stored()).toBe(2);
  });

  it('leaves nothing when it fails, and its connection is good for the next one', async () => {
    const [id] = ids;
    for (let n = 0; n < 30; n += 1) {
      await expect(database.change(INSERT, [[id, id]])).rejects.toMatchObject({ code: UNIQUE_VIOLATION });
    }

    expect(await stored()).toBe(0);
    const open = await app.sql.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
    );
    expect(open).toEqual([]);
    await Promise.all(Array.from({ length: 30 }, () => database.change(INSERT, [[randomUUID()]])));
  });

  it('leaves its connection read-only', async () => {
    await Promise.all(Array.from({ length: 30 }, () => database.change(INSERT, [[randomUUID()]])));

    const writes = await Promise.allSettled(Array.from({ length: 30 }, () => database.query(INSERT, [ids])));
    for (const write of writes) expect(write).toMatchObject({ reason: { code: READ_ONLY_TRANSACTION } });
    expect(await stored()).toBe(0);
  });

  it('is part of a unit of work where one is running', async () => {
    const work = uow.run(async () => {
      await database.change(INSERT, [ids]);
      expect(await stored()).toBe(0);
      throw new Error('no');
    });

    await expect(work).rejects.toThrow('no');
    expect(await stored()).toBe(0);
    await uow.run(() => database.change(INSERT, [ids]));
    expect(await stored()).toBe(2);
  });

  it('sees what was committed before it, also while others change the same row', async () => {
    await app.sql.query('CREATE TABLE IF NOT EXISTS user_service.counter (value integer)');
    await app.sql.query('INSERT INTO user_service.counter VALUES (0)');
    try {
      await Promise.all(
        Array.from({ length: 50 }, () => database.change('UPDATE user_service.counter SET value = value + 1', [])),
      );

      expect(await app.sql.query('SELECT value FROM user_service.counter')).toEqual([{ value: 50 }]);
    } finally {
      await app.sql.query('DROP TABLE user_service.counter');
    }
  });
});

describe('A change that brings its events', () => {
  const CHANGE = `
    WITH changed AS (
      UPDATE user_service.outbox SET lane = 1 WHERE id = $1 AND lane = 0 RETURNING id
    ), ${WITH_EVENTS('changed', 2)} SELECT id FROM changed`;

  async function change(userId: string, types = ['identity.email_verified']): Promise<number> {
    const events = types.map((type): DomainEvent => ({ type, userId, occurredAt: new Date(), data: {} }));
    const rows = await database.change(CHANGE, [ids[0], ...app.app.get(EventSink).columnsOf(events)]);
    return rows.length;
  }
  async function told(userId: string): Promise<unknown[]> {
    const rows = await app.sql.query<{ type: string; lane: number }>(
      `SELECT payload ->> 'type' AS type, lane FROM user_service.outbox
        WHERE topic = 'audit' AND payload ->> 'subject' = $1 ORDER BY id`,
      [`user/${userId}`],
    );
    return rows.map(({ type }) => type);
  }

  it('stores them with it, in their order', async () => {
    await database.change(INSERT, [ids]);
    const userId = randomUUID();

    expect(await change(userId, ['identity.email_verified', 'identity.registered'])).toBe(1);
    expect(await told(userId)).toEqual(['identity.email_verified', 'identity.registered']);
  });

  it('stores none when it changes nothing', async () => {
    const userId = randomUUID();

    expect(await change(userId)).toBe(0);
    expect(await told(userId)).toEqual([]);
  });

  it('stores those of one of 20 that change the same at the same time', async () => {
    await database.change(INSERT, [ids]);
    const userId = randomUUID();

    const changed = await Promise.all(Array.from({ length: 20 }, () => change(userId)));

    expect(changed.filter((rows) => rows === 1)).toHaveLength(1);
    expect(await told(userId)).toEqual(['identity.email_verified']);
  });

  it('writes them exactly as a unit of work would', async () => {
    await database.change(INSERT, [ids]);
    const [one, other] = [randomUUID(), randomUUID()];
    await change(one);
    await uow.run(async () => {
      uow.record({ type: 'identity.email_verified', userId: other, occurredAt: new Date(), data: {} });
    });
    const shapeOf = async (userId: string): Promise<unknown> => {
      const [row] = await app.sql.query<{ payload: object }>(
        `SELECT payload FROM user_service.outbox WHERE payload ->> 'subject' = $1`,
        [`user/${userId}`],
      );
      return Object.keys(row?.payload ?? {});
    };

    expect(await shapeOf(one)).toEqual(await shapeOf(other));
    expect(await shapeOf(one)).toContain('type');
  });
});
