import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';

import { UnitOfWork, type DomainEvent } from '#kernel';
import { RequestContext, type Actor, type RequestInfo } from '#platform/context';
import { Database } from '#platform/persistence';
import { SessionRow } from '#session';

import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const READ_ONLY_TRANSACTION = '25006';

let app: TestApp;
let uow: UnitOfWork;
let database: Database;
let dataSource: DataSource;
let context: RequestContext;

/** A row that needs no other. */
function insert(id: string): Promise<unknown[]> {
  return database.query(
    `INSERT INTO user_service.outbox (id, topic, lane, payload, available_at)
     VALUES ($1, 'mail', 0, '{}', 'infinity') RETURNING id`,
    [id],
  );
}

/** `null` when the row is not there, as somebody else sees it. */
async function stored(id: string): Promise<string | null> {
  const [row] = await app.sql.query<{ id: string }>('SELECT id FROM user_service.outbox WHERE id = $1', [id]);
  return row?.id ?? null;
}

interface StoredEvent {
  readonly type: string;
  readonly data: { readonly actor: Actor; readonly requestId?: string; readonly client?: object };
}

async function eventsOf(userId: string): Promise<StoredEvent[]> {
  const rows = await app.sql.query<{ payload: StoredEvent }>(
    `SELECT payload FROM user_service.outbox WHERE topic = 'audit' AND payload ->> 'subject' = $1 ORDER BY id`,
    [`user/${userId}`],
  );
  return rows.map(({ payload }) => payload);
}

function event(userId: string, type = 'identity.email_verified'): DomainEvent {
  return { type, userId, occurredAt: new Date(), data: {} };
}

function request(more: Partial<RequestInfo> = {}): RequestInfo {
  return { requestId: randomUUID(), ip: '203.0.113.77', userAgent: 'spec', language: 'en', ...more };
}

beforeAll(async () => {
  app = await startTestApp();
  uow = app.app.get(UnitOfWork);
  database = app.app.get(Database);
  dataSource = app.app.get(DataSource);
  context = app.app.get(RequestContext);
});

afterAll(async () => {
  await app.close();
});

let id: string;
let userId: string;
beforeEach(() => {
  [id, userId] = [randomUUID(), randomUUID()];
});

describe('A write outside of a unit of work', () => {
  it('is refused by PostgreSQL, whichever way it goes', async () => {
    const refused = { code: READ_ONLY_TRANSACTION };
    const row = { id, userId, epoch: 1, amr: [], acr: '1' } as unknown as SessionRow;

    await expect(insert(id)).rejects.toMatchObject(refused);
    await expect(database.query('UPDATE user_service.users SET version = 1')).rejects.toMatchObject(refused);
    await expect(database.query('DELETE FROM user_service.users')).rejects.toMatchObject(refused);
    await expect(database.query('TRUNCATE user_service.users')).rejects.toMatchObject(refused);
    await expect(database.query('CREATE TABLE user_service.t (a int)')).rejects.toMatchObject(refused);
    await expect(database.query('SELECT 1 FROM user_service.users FOR UPDATE')).rejects.toMatchObject(refused);
    await expect(dataSource.query('DELETE FROM user_service.users')).rejects.toMatchObject(refused);
    await expect(dataSource.getRepository(SessionRow).delete({ id })).rejects.toMatchObject(refused);
    await expect(dataSource.manager.insert(SessionRow, row)).rejects.toMatchObject(refused);
    await expect(dataSource.transaction((manager) => manager.delete(SessionRow, { id }))).rejects.toMatchObject(
      refused,
    );
  });

  it('has no entity manager to go through', () => {
    expect(() => database.entities).toThrow('inside of a unit of work only');
  });

  it('is refused on connections that a unit of work has used before', async () => {
    for (let n = 0; n < 30; n += 1) await uow.run(() => insert(randomUUID()));

    const attempts = await Promise.allSettled(Array.from({ length: 30 }, () => insert(randomUUID())));

    for (const attempt of attempts) {
      expect(attempt).toMatchObject({ status: 'rejected', reason: { code: READ_ONLY_TRANSACTION } });
    }
  });

  it('reads all the same', async () => {
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('A unit of work', () => {
  it('commits what it did, shows it to nobody before, and returns what the work returned', async () => {
    const result = await uow.run(async () => {
      await insert(id);
      expect(await stored(id)).toBeNull();
      expect(await database.query('SELECT 1 AS one FROM user_service.outbox WHERE id = $1', [id])).toHaveLength(1);
      return 'result';
    });

    expect(result).toBe('result');
    expect(await stored(id)).toBe(id);
  });

  it('takes everything back when the work throws, with its events', async () => {
    const failure = new Error('changed my mind');
    const work = uow.run(async () => {
      await insert(id);
      uow.record(event(userId));
      throw failure;
    });

    await expect(work).rejects.toBe(failure);
    expect(await stored(id)).toBeNull();
    expect(await eventsOf(userId)).toEqual([]);
  });

  it('takes everything back when an event cannot be stored', async () => {
    const work = uow.run(async () => {
      await insert(id);
      uow.record(event(userId), event(userId, 'nobody.knows_this'));
    });

    await expect(work).rejects.toThrow('No audit record is defined for nobody.knows_this');
    expect(await stored(id)).toBeNull();
    expect(await eventsOf(userId)).toEqual([]);
  });

  it('is joined by one inside of it: they commit together', async () => {
    const inner = randomUUID();

    await uow.run(async () => {
      await insert(id);
      await uow.run(async () => {
        await insert(inner);
        uow.record(event(userId));
      });
      expect(await stored(inner)).toBeNull();
      expect(await eventsOf(userId)).toEqual([]);
    });

    expect([await stored(id), await stored(inner)]).toEqual([id, inner]);
    expect(await eventsOf(userId)).toHaveLength(1);
  });

  it('is joined by one inside of it: they vanish together', async () => {
    const inner = randomUUID();

    const work = uow.run(async () => {
      await insert(id);
      await uow.run(async () => {
        await insert(inner);
        uow.record(event(userId));
      });
      throw new Error('too late');
    });

    await expect(work).rejects.toThrow('too late');
    expect([await stored(id), await stored(inner)]).toEqual([null, null]);
    expect(await eventsOf(userId)).toEqual([]);
  });

  it('begins another transaction after it has ended', async () => {
    const next = randomUUID();
    await expect(uow.run(() => Promise.reject(new Error('first')))).rejects.toThrow('first');

    await uow.run(() => insert(next));

    expect(await stored(next)).toBe(next);
  });

  it('gives its connection back, whatever happens', async () => {
    for (let n = 0; n < 50; n += 1) {
      await uow.run(() => (n % 2 === 0 ? insert(randomUUID()) : Promise.reject(new Error('odd')))).catch(() => null);
    }

    // The mail queue looks for work now and then, on a connection of its own.
    await waitFor(() => database.connections.idle === database.connections.total && database.connections.waiting === 0);
    expect(database.connections.total).toBeGreaterThan(0);
  });

  it('lets no other transaction write that begins within it', async () => {
    await uow.run(async () => {
      const other = dataSource.transaction((manager) => manager.query('DELETE FROM user_service.outbox'));
      await expect(other).rejects.toMatchObject({ code: READ_ONLY_TRANSACTION });
      await insert(id);
    });

    expect(await stored(id)).toBe(id);
  });
});

describe('Events', () => {
  it('are recorded inside of a unit of work only', async () => {
    expect(() => uow.record(event(userId))).toThrow('inside of a unit of work only');

    await uow.run(() => Promise.resolve());
    expect(() => uow.record(event(userId))).toThrow('inside of a unit of work only');
  });

  it('are stored in the order in which they were recorded', async () => {
    const types = ['identity.registered', 'identity.email_verified', 'session.logged_out'];

    await uow.run(async () => {
      for (const type of types) uow.record(event(userId, type));
    });

    expect((await eventsOf(userId)).map(({ type }) => type)).toEqual(types);
  });

  it('carry who did it and in which request', async () => {
    const info = request();
    const actor: Actor = { type: 'admin', id: randomUUID(), sessionId: randomUUID() };

    await context.run(info, actor, () =>
      uow.run(async () => {
        uow.record(event(userId));
      }),
    );

    expect(await eventsOf(userId)).toMatchObject([
      { data: { actor, requestId: info.requestId, client: { ip: '203.0.113.0/24', userAgent: 'spec' } } },
    ]);
  });

  it("are the system's where no request asked for the work", async () => {
    await uow.run(async () => {
      uow.record(event(userId));
    });

    const [found] = await eventsOf(userId);
    expect(found?.data.actor).toEqual({ type: 'system' });
    expect(found?.data).not.toHaveProperty('requestId');
    expect(found?.data).not.toHaveProperty('client');
  });

  it('of parallel units of work stay apart, and so do their roll-backs', async () => {
    const works = Array.from({ length: 20 }, (_, n) => ({ n, userId: randomUUID(), info: request() }));

    await Promise.allSettled(
      works.map(({ n, userId: user, info }) =>
        context.run(info, { type: 'user', id: user }, () =>
          uow.run(async () => {
            uow.record(event(user, 'identity.registered'));
            await database.query('SELECT pg_sleep(0.02)');
            uow.record(event(user));
            if (n % 4 === 0) throw new Error('every fourth');
          }),
        ),
      ),
    );

    for (const { n, userId: user, info } of works) {
      const found = await eventsOf(user);
      expect(found.map(({ type }) => type)).toEqual(
        n % 4 === 0 ? [] : ['identity.registered', 'identity.email_verified'],
      );
      for (const { data } of found) {
        expect(data).toMatchObject({ requestId: info.requestId, actor: { type: 'user', id: user } });
      }
    }
  });
});
