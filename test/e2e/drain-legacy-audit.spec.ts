import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { AuditEvent } from '#platform/audit-chain';

import { runMigrations } from '../../apps/user-service/src/migrate.js';
import { COMPILED_ONCE } from '../support/process.js';
import { createEmptyDatabase, openSql } from '../support/test-database.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const CLI = join(import.meta.dirname, '../../dist/apps/user-service/src/cli.js');
const ROWS = 6_000;
const PATIENCE = 120_000;

/** As SQLAlchemy makes it of a model like that. */
const TABLE = `CREATE TABLE public.audit_events (
  id SERIAL PRIMARY KEY, event_type VARCHAR(64) NOT NULL, user_id UUID, ip_address VARCHAR(45), user_agent TEXT,
  success BOOLEAN NOT NULL DEFAULT true, failure_reason VARCHAR(64), metadata JSON, email VARCHAR(254),
  created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL DEFAULT now())`;

interface Finished {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

let app: TestApp;

beforeAll(async () => {
  // Events stay in the outbox: nobody receives them.
  app = await startTestApp();
});
beforeEach(async () => {
  await app.sql.query('DROP TABLE IF EXISTS public.audit_events');
  await app.sql.query('TRUNCATE user_service.outbox, user_service.legacy_audit_handed');
});
afterAll(() => app.close());

function start(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): { child: ChildProcess; finished: Promise<Finished> } {
  const env = { PATH: process.env['PATH'], ...COMPILED_ONCE, ...app.env, ...settings };
  const child = spawn(process.execPath, [CLI, 'drain-legacy-audit', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close').then(([status]): Finished => {
    return { status: status as number | null, out: out.trim(), err: err.trim() };
  });
  return { child, finished: ended };
}

const run = (...args: readonly string[]): Promise<Finished> => start(args).finished;
const isThere = async (): Promise<boolean> =>
  (await app.sql.query<{ there: boolean }>(`SELECT to_regclass('public.audit_events') IS NOT NULL AS there`))[0]!.there;
const LEGACY = `topic = 'audit' AND payload ->> 'source' = '/user-service/legacy'`;

describe('drain-legacy-audit', () => {
  it('hands a row over with what may be told of it, and drops the table', async () => {
    await app.sql.query(TABLE);
    const user = '0b5e7c1a-4d2f-4a6b-8c3d-000000000001';
    await app.sql.query(
      `INSERT INTO public.audit_events (event_type, user_id, ip_address, user_agent, success, failure_reason, metadata, email, created_at)
       VALUES ('LOGIN_FAILED', $1, '203.0.113.77', 'Mozilla/5.0', false, 'wrong_password', $2, 'kim.minji@example.com', '2024-05-01 03:04:05.678')`,
      [
        user,
        JSON.stringify({
          attempt: 3,
          method: 'password',
          password: 'canary-1',
          note: 'Kim said canary-2',
          mail: 'lee@example.com',
        }),
      ],
    );

    expect(await run()).toEqual({
      status: 0,
      out: '{"rows":0,"handed":1,"handedNow":1,"dropped":true}',
      err: '100 % (1 of 1 rows, 0 s)\nEvery row is handed over, and the table is gone.',
    });

    expect(await isThere()).toBe(false);
    const [row] = await app.sql.query<{ payload: Record<string, unknown> }>(
      `SELECT payload FROM user_service.outbox WHERE ${LEGACY}`,
    );
    expect(AuditEvent.parse(row!.payload)).toEqual(row!.payload);
    expect(row!.payload).toMatchObject({
      id: expect.stringMatching(/^018f321b-fb2e-7/),
      type: 'legacy.login_failed',
      subject: `user/${user}`,
      time: '2024-05-01T03:04:05.678Z',
      data: {
        outcome: 'failure',
        reason: 'wrong_password',
        actor: { type: 'user', id: user },
        client: { ip: '203.0.113.0/24', userAgent: 'Mozilla/5.0' },
        details: {
          key: '1',
          members: {
            id: 1,
            email: 'k***@example.com',
            metadata: { attempt: 3, method: 'password', mail: 'l***@example.com' },
          },
          omitted: ['note', 'password'],
        },
      },
    });
    expect(JSON.stringify(row!.payload)).not.toMatch(/canary|kim\.minji|203\.0\.113\.77/);
  });

  it.each([
    [
      'a UUID as key and other names',
      `CREATE TABLE public.audit_events (event_id UUID PRIMARY KEY DEFAULT gen_random_uuid(), action TEXT, actor_id INT, timestamp TIMESTAMPTZ DEFAULT now(), details JSONB)`,
      `INSERT INTO public.audit_events (action, actor_id) SELECT 'user.login', n FROM generate_series(1, 1200) n`,
      1200,
    ],
    [
      'a key of two columns',
      `CREATE TABLE public.audit_events (day DATE, "No" INT, what TEXT, PRIMARY KEY (day, "No"))`,
      `INSERT INTO public.audit_events SELECT '2024-01-01'::date + n / 100, n % 100, 'x' FROM generate_series(0, 1199) n`,
      1200,
    ],
    [
      'nothing but a key',
      `CREATE TABLE public.audit_events (id TEXT PRIMARY KEY)`,
      `INSERT INTO public.audit_events VALUES ('a"b'), ('한글')`,
      2,
    ],
    ['no rows', TABLE, 'SELECT 1', 0],
  ])('reads a table with %s', async (_what, make, fill, count) => {
    await app.sql.query(make);
    await app.sql.query(fill);

    expect(await run()).toMatchObject({
      status: 0,
      out: expect.stringContaining(`"handedNow":${count},"dropped":true`),
    });

    const rows = await app.sql.query<{ payload: unknown }>(`SELECT payload FROM user_service.outbox WHERE ${LEGACY}`);
    expect(rows).toHaveLength(count);
    for (const { payload } of rows) expect(AuditEvent.safeParse(payload).error).toBeUndefined();
  });

  it(
    'hands each row over once although it is killed on the way and rows still come',
    async () => {
      await app.sql.query(TABLE);
      await app.sql.query(
        `INSERT INTO public.audit_events (event_type) SELECT 'token_refresh' FROM generate_series(1, ${ROWS})`,
      );
      const handed = async (): Promise<number> =>
        (await app.sql.query('SELECT 1 FROM user_service.legacy_audit_handed')).length;
      const { child, finished } = start([]);
      await waitFor(async () => (await handed()) > 0, { timeoutMs: PATIENCE });
      child.kill('SIGKILL');
      await finished;
      const before = await handed();
      expect(before).toBeLessThan(ROWS);
      expect(await isThere()).toBe(true);
      await app.sql.query(`INSERT INTO public.audit_events (id, event_type) VALUES (-1, 'late')`);

      expect(await run('--dry-run')).toMatchObject({
        out: JSON.stringify({ rows: ROWS + 1, handed: before, left: ROWS + 1 - before }),
      });
      expect(await run('--keep')).toMatchObject({ status: 0 });
      expect(await isThere()).toBe(true);
      expect((await run()).out).toContain(`"handedNow":0,"dropped":true`);

      const [told] = await app.sql.query(
        `SELECT count(*)::integer AS n, count(DISTINCT payload #>> '{data,details,key}')::integer AS keys
         FROM user_service.outbox WHERE ${LEGACY}`,
      );
      expect(told).toEqual({ n: ROWS + 1, keys: ROWS + 1 });
      expect(await handed()).toBe(0);
    },
    PATIENCE * 3,
  );

  it('keeps the table while somebody uses it, and loses nothing by what is deleted there', async () => {
    await app.sql.query(TABLE);
    await app.sql.query(`INSERT INTO public.audit_events (event_type) VALUES ('a'), ('b')`);
    await app.sql.query('BEGIN');
    await app.sql.query('SELECT 1 FROM public.audit_events');
    expect(await run()).toMatchObject({ status: 1, err: expect.stringContaining('Somebody still uses the table') });
    await app.sql.query('COMMIT');
    await app.sql.query('DELETE FROM public.audit_events WHERE id = 1');

    // One of the two rows that were handed over is gone: the other is all that has to be accounted for.
    expect((await run()).out).toBe('{"rows":0,"handed":2,"handedNow":0,"dropped":true}');
    expect(await isThere()).toBe(false);
  });

  it('counts for longer than the service lets a statement work', async () => {
    await app.sql.query(TABLE);
    const holder = await openSql(app.database.adminUrl);
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE user_service.legacy_audit_handed IN ACCESS EXCLUSIVE MODE');
    const shortest = { DATABASE_STATEMENT_TIMEOUT_MS: '100', DATABASE_LOCK_TIMEOUT_MS: '60000' };
    const { finished } = start(['--dry-run'], shortest);
    const isLate = async (): Promise<boolean> =>
      // Not by the transaction that holds the lock, which sees one state of the activity for as long as it lasts.
      (
        await app.sql.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
              AND clock_timestamp() - query_start > interval '1 second'`,
        )
      ).length > 0;
    try {
      await waitFor(isLate, { what: 'a count that takes a second' });
    } finally {
      await holder.query('ROLLBACK');
      await holder.close();
    }

    expect(await finished).toEqual({ status: 0, out: '{"rows":0,"handed":0,"left":0}', err: '' });
  });

  it('says when there is nothing to do, or nothing it could tell rows apart by', async () => {
    // As a run leaves it that is killed after it has dropped the table.
    await app.sql.query(
      `INSERT INTO user_service.legacy_audit_handed VALUES ('public.audit_events', '1', gen_random_uuid())`,
    );
    expect(await run()).toMatchObject({ status: 0, err: expect.stringContaining('nothing is left') });
    expect(await app.sql.query('SELECT 1 FROM user_service.legacy_audit_handed')).toEqual([]);
    await app.sql.query('CREATE TABLE public.audit_events (event_type TEXT)');
    expect(await run()).toMatchObject({ status: 1, err: expect.stringContaining('has no primary key') });
    expect(await run('--lock-seconds', '0')).toMatchObject({
      status: 1,
      err: expect.stringContaining('--lock-seconds'),
    });
    expect(await run('--table', 'x; DROP TABLE y')).toMatchObject({
      status: 1,
      err: expect.stringContaining('schema.table'),
    });
  });
});

describe('A migration', () => {
  it('refuses to go on while the table still holds rows', async () => {
    const database = await createEmptyDatabase();
    const sql = await openSql(database.url);
    try {
      await sql.query(TABLE);
      await sql.query(`INSERT INTO public.audit_events (event_type) VALUES ('a')`);
      await expect(runMigrations(database.url)).rejects.toThrow('drain-legacy-audit');
      // What the command needs is there by then.
      await sql.query('SELECT 1 FROM user_service.outbox, user_service.legacy_audit_handed');
      await sql.query('DELETE FROM public.audit_events');
      expect((await runMigrations(database.url)).at(0)).toBe('NoLegacyAudit1763800000044');
    } finally {
      await sql.close();
      await database.drop();
    }
  });
});
