import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { AuditStub, type StubMode } from '../support/audit-stub.js';
import { runCli } from '../support/api-keys.js';
import { freshEmail } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const KEY = 'audit-key-of-the-test-with-32-chars';

let stub: AuditStub;
let app: TestApp;

beforeAll(async () => {
  stub = await AuditStub.start();
  app = await startTestApp({ AUDIT_SERVICE_URL: stub.url, AUDIT_SERVICE_API_KEY: KEY, AUDIT_TIMEOUT_MS: '1000' });
});
afterEach(async () => {
  await stub.become('ok');
  await hurry();
  await drained();
});
afterAll(async () => {
  await app.close();
  await stub.close();
});

const rows = (where = 'true') =>
  app.sql.query<{ id: string }>(`SELECT id FROM user_service.outbox WHERE topic = 'audit' AND ${where}`);
const drained = () => waitFor(async () => (await rows()).length === 0, { what: 'an empty outbox', timeoutMs: 60_000 });
/** What another instance says when it has reached the Audit Service: nobody waits for the end of a pause. */
const hurry = async () => {
  await app.sql.query(`UPDATE user_service.outbox_lanes SET available_at = now()`);
  await app.sql.query(`SELECT pg_notify('user_service_outbox', 'resumed')`);
};
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')
      .at(-1),
  );
};
const deliveries = (result: string) => metric(`audit_deliveries_total{result="${result}"}`);

/** So many events, each of a subject of its own, in one statement. */
async function events(count: number, lane?: number): Promise<string[]> {
  const added = await app.sql.query<{ id: string }>(
    `WITH ids AS (SELECT gen_random_uuid() AS id, n FROM generate_series(1, $1::int) AS n)
     INSERT INTO user_service.outbox (id, topic, lane, payload)
     SELECT id, 'audit', coalesce($2::int, n % 8), jsonb_build_object(
              'specversion', '1.0', 'id', id, 'source', '/user-service', 'type', 'session.refreshed',
              'subject', 'user/' || id, 'time', '2026-01-01T00:00:00.000Z', 'datacontenttype', 'application/json',
              'dataschema', 'http://localhost:8000/schemas/audit/v1',
              'data', '{"outcome":"success","actor":{"type":"system"}}'::jsonb)
       FROM ids ORDER BY n RETURNING id`,
    [count, lane ?? null],
  );
  return added.map(({ id }) => id);
}

const arrived = (ids: readonly string[]): string[] => {
  const wanted = new Set(ids);
  return stub.events.filter(({ id }) => wanted.has(id)).map(({ id }) => id);
};

describe('AU-01 An event', () => {
  it('is delivered as it was committed, and not when its change was taken back', async () => {
    const before = stub.events.length;
    expect((await app.api.register(freshEmail())).status).toBe(202);
    // The address of somebody else's account in the same statement order: refused before anything is stored.
    expect((await app.api.register('not an address')).status).toBe(400);
    await drained();

    expect(stub.events.slice(before).map(({ type }) => type)).toEqual(['identity.registered']);
    expect(stub.report().violations).toEqual([]);
  });
});

describe('AU-02 A batch', () => {
  it('is CloudEvents of one lane with the key of the service, compressed when it is large', async () => {
    const begin = stub.headers.length;
    const ids = await events(400, 5);
    await drained();
    const headers = stub.headers.slice(begin);

    // The stub parses each by the published schema, and checks lane and order.
    expect(arrived(ids)).toEqual(ids);
    expect(stub.report().violations).toEqual([]);
    for (const header of headers) {
      expect(header['content-type']).toBe('application/cloudevents-batch+json');
      expect(header['x-api-key']).toBe(KEY);
      expect(header['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect(headers.some((header) => header['content-encoding'] === 'gzip')).toBe(true);
  });
});

describe('AU-03 AU-04 Whatever the Audit Service answers', () => {
  it.each<[string, StubMode, string]>([
    ['F18', 'down', 'unreachable'],
    ['F20', '500', 'server_error'],
    ['F20', '429', 'throttled'],
    ['F19', 'hang', 'timeout'],
    ['F21', 'partial', 'server_error'],
    ['F21', 'drop', 'unreachable'],
    ['F20', 'garbage', 'unexpected'],
    ['F20', 'redirect', 'redirected'],
    ['F20', '401', 'unauthorized'],
  ])('%s %s: every event is kept, and arrives once and unchanged afterwards', async (_id, mode, result) => {
    const failures = await deliveries(result);
    await stub.become(mode);
    const ids = await events(40);
    await waitFor(async () => (await deliveries(result)) > failures, { what: result });
    expect(await rows()).toHaveLength(40);
    await stub.become('ok');
    await hurry();
    await drained();

    expect(arrived(ids).sort()).toEqual([...ids].sort());
    expect(stub.report().violations).toEqual([]);
  });

  it('F20 413: batches are halved until they fit', async () => {
    await stub.become('413');
    const ids = await events(30, 2);
    await drained();

    expect(arrived(ids)).toEqual(ids);
    expect(await deliveries('too_large')).toBeGreaterThan(0);
    expect(await app.sql.query('SELECT 1 FROM user_service.outbox_dead_letters')).toEqual([]);
  });

  it('401: health says that the key is refused', async () => {
    await stub.become('401');
    await events(1);
    const audit = async () => {
      const health = (await (await fetch(`${app.url}/health`)).json()) as { details: Record<string, unknown> };
      return health.details['audit'];
    };
    await waitFor(async () => JSON.stringify(await audit()).includes('key_refused'), { what: 'key_refused' });
  });
});

describe('F21 AU-05 Of a batch that is taken in part', () => {
  it('nothing is sent again but what an operator retries, as the very same event', async () => {
    await stub.become('reject');
    const ids = await events(70, 1);
    await drained();
    const letters = await app.sql.query<{ id: string; event_id: string; code: string }>(
      'SELECT id, event_id, code FROM user_service.outbox_dead_letters ORDER BY id',
    );

    expect(letters.length).toBeGreaterThan(0);
    expect(letters.every(({ code }) => code === 'not_wanted')).toBe(true);
    expect([...arrived(ids), ...letters.map(({ event_id }) => event_id)].sort()).toEqual([...ids].sort());
    await stub.become('ok');

    const [first, second] = letters;
    const listed = runCli(app, 'audit', 'dead-letters', 'list').out.trim().split('\n');
    expect(listed.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(letters.map(({ id }) => id));
    const shown = runCli(app, 'audit', 'dead-letters', 'show', first?.id ?? '').out;
    expect(JSON.parse(shown)).toMatchObject({ eventId: first?.event_id, code: 'not_wanted', attempts: 1 });
    expect(runCli(app, 'audit', 'dead-letters', 'discard', second?.id ?? '').status).toBe(1);
    expect(runCli(app, 'audit', 'dead-letters', 'discard', second?.id ?? '', '--yes').status).toBe(0);
    expect(runCli(app, 'audit', 'dead-letters', 'retry', '--all').out.trim()).toBe(String(letters.length - 1));
    await drained();

    expect(arrived(ids)).toHaveLength(69);
    const audited = stub.events.filter(({ type }) => type.startsWith('system.dead_letter_')).map(({ type }) => type);
    expect(audited.filter((type) => type === 'system.dead_letter_retried')).toHaveLength(letters.length - 1);
    expect(audited.filter((type) => type === 'system.dead_letter_discarded')).toHaveLength(1);
    // Unchanged: the stub compares the bytes, and the chain is whole with the one that was discarded.
    expect(stub.report().violations).toEqual([]);
  }, 120_000);
});

describe('F21 AU-06 One poisonous event in a thousand', () => {
  it('is set aside alone, and keeps none of the others waiting', async () => {
    const began = performance.now();
    const healthy = await events(1_000);
    await waitFor(() => arrived(healthy).length === 1_000, { what: 'a thousand events' });
    const normal = performance.now() - began;

    await stub.become('poison');
    const begun = performance.now();
    const ids = await events(1_000);
    stub.isPoison = ({ id }) => id === ids[500];
    await waitFor(() => arrived(ids).length === 999, { what: '999 events', timeoutMs: 30_000 });
    const poisoned = performance.now() - begun;
    await drained();

    const letters = await app.sql.query<{ event_id: string; code: string }>(
      `SELECT event_id, code FROM user_service.outbox_dead_letters WHERE code = 'status_422'`,
    );
    expect(letters).toEqual([{ event_id: ids[500], code: 'status_422' }]);
    // Eight more halvings in one of eight lanes.
    expect(poisoned).toBeLessThan(3 * normal + 2_000);
    await waitFor(async () => (await metric('audit_dead_letters')) === 1, { what: 'the metric' });
    expect(app.logs().some(({ event }) => event === 'audit.dead_letter')).toBe(true);
    expect(runCli(app, 'audit', 'dead-letters', 'retry', '--all').out.trim()).toBe('1');
    stub.isPoison = () => false;
    await waitFor(() => arrived(ids).length === 1_000, { what: 'the last one' });
    expect(stub.report().violations).toEqual([]);
  }, 120_000);
});

describe('AU-11 The events of one subject', () => {
  it('arrive in the order in which they were committed, with no gap in their lane', async () => {
    const email = await app.api.verifiedUser();
    const { accessToken } = await app.api.signIn(email);
    const { id } = (await app.api.me(accessToken)).body;
    for (const displayName of ['a', 'b', 'c']) await app.api.patchMe(accessToken, { displayName });
    await drained();
    const told = stub.events.filter(({ subject }) => subject === `user/${String(id)}`);

    expect(told.map(({ type }) => type)).toEqual([
      'identity.registered',
      'identity.email_verified',
      'session.login_succeeded',
      ...Array.from({ length: 3 }, () => 'identity.profile_updated'),
    ]);
    expect(new Set(told.map(({ lane }) => lane)).size).toBe(1);
    expect(told.map(({ sequence }) => sequence)).toEqual(told.map(({ sequence }) => sequence).sort());
    expect(stub.report().violations).toEqual([]);
  });
});

describe('AU-11 After a restore to an earlier point', () => {
  it('chains begin anew in other lanes, and what was refused for its place gets a new one', async () => {
    await events(20);
    await drained();
    const heads = `SELECT lane, sequence, encode(hash, 'hex') AS hash FROM user_service.outbox_lanes`;
    const before = await app.sql.query<{ lane: number; sequence: string; hash: string }>(heads);
    await app.sql.query(`UPDATE user_service.outbox_lanes SET sequence = 0, hash = decode(repeat('00', 32), 'hex')`);
    await stub.become('500');
    const ids = await events(40);
    const other = await startTestApp({ AUDIT_FIRST_LANE: '8' }, app);
    await waitFor(async () => (await rows('lane >= 8')).length > 0, { what: 'events in new lanes' });
    await stub.become('ok');
    await hurry();
    await drained();

    const lanes = stub.events.filter(({ id }) => ids.includes(id)).map(({ lane }) => lane);
    expect(lanes).toHaveLength(40);
    expect(Math.min(...lanes)).toBe(8);
    expect(stub.report().violations).toEqual([]);
    await other.close();
    for (const { lane, sequence, hash } of before) {
      await app.sql.query(
        `UPDATE user_service.outbox_lanes SET sequence = $2, hash = decode($3, 'hex') WHERE lane = $1`,
        [lane, sequence, hash],
      );
    }
  });
});

describe('A long queue', () => {
  it('is delivered without being read again for every batch, whatever PostgreSQL thinks of its length', async () => {
    await app.sql.query('VACUUM ANALYZE user_service.outbox');
    const figures = `SELECT (seq_tup_read + idx_tup_fetch)::int AS read, n_tup_del::int AS deleted
                       FROM pg_stat_user_tables WHERE schemaname = 'user_service' AND relname = 'outbox'`;
    const reads = async () => (await app.sql.query<{ read: number; deleted: number }>(figures))[0]!;
    const before = await reads();
    const count = 12_000;
    const begun = performance.now();
    await events(count);
    await hurry();
    // Asked of the figures, not of the queue: that would be reading too.
    await waitFor(async () => (await reads()).deleted >= before.deleted + count, {
      what: 'delivery',
      timeoutMs: 40_000,
    });

    // Each is found when it is chained, placed and removed; every five seconds the length is looked at, up to 10 000.
    const looks = 1 + (performance.now() - begun) / 5_000;
    expect((await reads()).read - before.read).toBeLessThan(6 * count + looks * 10_001);
  }, 60_000);
});

describe('AU-13 An operator', () => {
  it('sees how much waits and for how long, and is told when it is too much', async () => {
    await stub.become('down');
    const other = await startTestApp({ AUDIT_OUTBOX_MAX_ROWS: '20' }, app);
    await events(30);
    await waitFor(async () => (await metric('audit_outbox_depth')) === 30, { what: 'the depth' });
    expect(await metric('audit_outbox_oldest_seconds')).toBeGreaterThan(0);
    await waitFor(async () =>
      (await (await fetch(`${other.url}/metrics`)).text()).includes('audit_outbox_over_limit 1'),
    );
    const health = await fetch(`${other.url}/health`);

    expect([health.status, ((await health.json()) as { status: string }).status]).toEqual([200, 'degraded']);
    expect((await app.api.register(freshEmail())).status).toBe(202);
    await waitFor(async () => (await metric('audit_breaker_state')) > 0, { what: 'an open breaker' });
    await other.close();
  });
});
