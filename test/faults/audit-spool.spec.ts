import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';

import { FileEventSpool, SpoolTarget } from '#platform/outbox';

import { freshEmail } from '../support/api-client.js';
import { AuditStub } from '../support/audit-stub.js';
import { TestProcess } from '../support/process.js';
import { openSql } from '../support/sql.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const TYPESCRIPT = join(import.meta.dirname, '../load/typescript.mjs');
const WRITER = join(import.meta.dirname, 'spool-writer.ts');
const AT_ONCE = 5;
/** `SPOOL_KILL_ROUNDS=10` kills fifty times. */
const ROUNDS = Number(process.env['SPOOL_KILL_ROUNDS'] ?? 4);
const KILLING_MS = 240_000;

const linesIn = async (dir: string): Promise<string[]> => {
  const texts = await Promise.all((await readdir(dir)).map((name) => readFile(join(dir, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter(Boolean));
};

let stub: AuditStub;
let app: TestApp;

beforeAll(async () => {
  stub = await AuditStub.start();
  app = await startTestApp({ AUDIT_SERVICE_URL: stub.url });
});
afterAll(async () => {
  await app.close();
  await stub.close();
});

const told = (type: string): number => stub.events.filter((event) => event.type === type).length;
const spoolOf = ({ env }: TestApp): string => env['AUDIT_SPOOL_DIR'] ?? '';
const counted = async (result: string, { url }: TestApp = app): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^audit_spool_events_total\\{result="${result}"\\} (\\d+)`, 'm').exec(text)?.[1]);
};
/** The service's role owns the table, and can be without the right to write it all the same. */
const unwritable = () => app.sql.query('REVOKE INSERT ON user_service.outbox FROM CURRENT_USER');
const writable = () => app.sql.query('GRANT INSERT ON user_service.outbox TO CURRENT_USER');

const WAITING = `SELECT 1 FROM user_service.outbox WHERE topic = 'audit'`;

/** The next COMMIT of a connection that sent such a statement takes place, and its answer is lost with the connection. */
function losesCommitsOf(statement: RegExp): { restore: () => number } {
  const query = pg.Client.prototype.query as (...call: unknown[]) => unknown;
  const marked = new WeakSet<pg.Client>();
  let lost = 0;
  const spy = jest.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
    this: pg.Client,
    ...call: unknown[]
  ): void {
    const [given] = call as [string | { text: string }];
    const text = typeof given === 'string' ? given : given.text;
    if (statement.test(text)) marked.add(this);
    const answer = query.apply(this, call);
    if (text !== 'COMMIT' || !marked.has(this)) return answer as never;
    lost += 1;
    const fail = (): never => {
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    };
    return (answer as Promise<unknown>).then(fail) as never;
  });
  return {
    restore: () => {
      spy.mockRestore();
      return lost;
    },
  };
}

describe('AU-09 The spool', () => {
  it(
    'holds every event that it said is safe, whenever its process was killed',
    async () => {
      const dir = await mkdtemp(join(tmpdir(), 'spool-'));
      const safe: string[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const writers = Array.from({ length: AT_ONCE }, (_, index) =>
          TestProcess.start(process.execPath, [
            '--experimental-transform-types',
            '--no-warnings=ExperimentalWarning',
            '--import',
            TYPESCRIPT,
            WRITER,
            dir,
            `r${round}w${index}`,
          ]),
        );
        for (const [index, writer] of writers.entries())
          await writer.line(new RegExp(`-${5 + 7 * index}$`), KILLING_MS / 2);
        await Promise.all(writers.map((writer) => writer.stop('SIGKILL')));
        // A line that the kill cut off on its way to us was not heard by anybody.
        safe.push(...writers.flatMap(({ stdout }) => stdout.filter((line) => /^r\d+w\d+-\d+$/.test(line))));
      }
      const kept = new Set((await linesIn(dir)).map((line) => /"event":"([^"]+)"/.exec(line)?.[1]));

      expect(safe.length).toBeGreaterThan(AT_ONCE * ROUNDS * 5);
      expect(safe.filter((event) => !kept.has(event))).toEqual([]);
      await rm(dir, { recursive: true });
    },
    KILLING_MS,
  );

  it('is drained in order and once, without the lines that were torn', async () => {
    const email = await app.api.verifiedUser();
    await unwritable();
    for (let count = 0; count < 3; count += 1)
      expect((await app.api.login(email, 'not the password')).status).toBe(401);
    const [name = ''] = await readdir(spoolOf(app));
    // What a crash leaves: the beginning of a line; and what a bad disk does.
    const lines = (await linesIn(spoolOf(app))).slice(0, 3);
    await appendFile(join(spoolOf(app), name), `${lines[0]?.replace('failure', 'success')}\n${lines[1]?.slice(0, 80)}`);
    const before = told('session.login_failed');
    await writable();
    await waitFor(async () => (await readdir(spoolOf(app))).length === 0, { what: 'an empty spool' });
    await waitFor(() => told('session.login_failed') === before + 3, { what: 'the events' });

    expect(await counted('torn')).toBe(2);
    expect(await counted('drained')).toBe(3);
    const failures = stub.events.filter(({ type }) => type === 'session.login_failed').slice(-3);
    expect(failures.map(({ time }) => time)).toEqual(failures.map(({ time }) => time).sort());
    expect(stub.report().violations).toEqual([]);
  });

  it('brings nothing twice when a drain is repeated', async () => {
    // Nobody takes events from this one.
    const other = await startTestApp();
    const target = other.app.get(SpoolTarget, { strict: false });
    const lineAt = (at: number) => {
      const id = randomUUID();
      return { at, entry: { message: { id, topic: 'audit' as const, orderKey: id, payload: { id } } } };
    };
    const first = [lineAt(0)];

    expect(await target.take('a-file', { lines: first, end: 100 })).toEqual({ drained: 1, torn: 0 });
    expect(await target.take('a-file', { lines: first, end: 100 })).toEqual({ drained: 0, torn: 0 });
    const grown = { lines: [...first, lineAt(100)], end: 200 };
    expect(await target.take('a-file', grown)).toEqual({ drained: 1, torn: 0 });
    // What was written again because nobody knew of its commit is known by its id.
    expect(await target.take('another-file', grown)).toEqual({ drained: 0, torn: 0 });
    await other.close();
  });

  it('keeps nothing waiting behind an event that PostgreSQL cannot hold', async () => {
    const spool = app.app.get(FileEventSpool, { strict: false });
    const message = (id: string, more: object) => ({
      message: { id, topic: 'audit' as const, orderKey: id, payload: { ...sample, id, ...more } },
    });
    const sample = { ...stub.events[0], lane: undefined, sequence: undefined, prevhash: undefined, hash: undefined };
    const before = await counted('torn');
    const [bad, good] = [randomUUID(), randomUUID()];
    await spool.keep([message(bad, { source: '\u0000' }), message(good, {})]);
    await waitFor(() => stub.events.some(({ id }) => id === good), { what: 'the other event' });

    expect(await counted('torn')).toBe(before + 1);
    expect(stub.report().violations).toEqual([]);
  });

  it('tells no event twice whose COMMIT was not answered, although it was delivered before the spool was drained', async () => {
    const email = await app.api.verifiedUser();
    const before = told('session.login_failed');
    const spooled = await counted('stored');
    // Nobody drains the spool until the event has been delivered.
    const lock = await openSql(app.env['DATABASE_URL'] ?? '');
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE user_service.outbox_spools');
    const commits = losesCommitsOf(/INSERT INTO user_service\.outbox /);
    expect((await app.api.login(email, 'not the password')).status).toBe(401);
    expect(commits.restore()).toBe(1);
    await waitFor(() => told('session.login_failed') === before + 1, { what: 'the event' });
    await waitFor(async () => (await app.sql.query(WAITING)).length === 0, { what: 'an empty outbox' });
    expect(await counted('stored')).toBe(spooled + 1);
    await lock.query('COMMIT');
    await lock.close();
    await waitFor(async () => (await readdir(spoolOf(app))).length === 0, { what: 'an empty spool' });
    // Behind it in the same lane.
    expect((await app.api.login(email, 'not the password')).status).toBe(401);
    await waitFor(() => told('session.login_failed') === before + 2, { what: 'the next event' });

    expect(stub.report().violations).toEqual([]);
    expect(await app.sql.query('SELECT code FROM user_service.outbox_dead_letters')).toEqual([]);
  });

  it('F34 is bounded', async () => {
    const spool = app.app.get(FileEventSpool, { strict: false });
    const payload = { filler: 'x'.repeat(70 * 1_048_576) };

    await expect(spool.keep([{ message: { id: 'x', topic: 'audit', orderKey: 'x', payload } }])).rejects.toThrow(
      'full',
    );
    expect(await counted('refused')).toBe(1);
  });
});

describe('F34 AU-08 What PostgreSQL does not take', () => {
  afterEach(async () => {
    await writable();
  });

  it('is no success: 503, no token and no session', async () => {
    const email = await app.api.verifiedUser();
    await unwritable();
    const answer = await app.api.login(email);

    expect([answer.status, answer.body['code']]).toEqual([503, 'dependency_unavailable']);
    expect(answer.body).not.toHaveProperty('accessToken');
    await writable();
    const open = `SELECT 1 FROM user_service.sessions`;
    expect(await app.sql.query(open)).toEqual([]);
    expect((await app.api.register(freshEmail())).status).toBe(202);
  });

  it('and the disk does not take either, is no refusal', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'spool-'));
    await writeFile(join(dir, 'a-file'), '');
    const other = await startTestApp({ AUDIT_SPOOL_DIR: join(dir, 'a-file') }, app);
    const email = await other.api.verifiedUser();
    await unwritable();

    expect((await other.api.login(email, 'not the password')).status).toBe(503);
    expect(await counted('refused', other)).toBe(1);
    await other.close();
    await rm(dir, { recursive: true });
  });
});
