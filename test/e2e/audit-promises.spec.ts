import { rm } from 'node:fs/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail } from '../support/api-client.js';
import { AuditStub } from '../support/audit-stub.js';
import { openSql } from '../support/sql.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

/** What waits for an answer of the Audit Service waits so long. */
const ATTEMPT_MS = 10_000;
/** Far below that, and far above what a sign-in takes on a machine that has other work. */
const SOON_MS = 5_000;

let stub: AuditStub;
let app: TestApp;

beforeAll(async () => {
  stub = await AuditStub.start();
  app = await startTestApp({ AUDIT_SERVICE_URL: stub.url, AUDIT_TIMEOUT_MS: String(ATTEMPT_MS) });
});
afterEach(() => stub.become('ok'));
afterAll(async () => {
  await app.close();
  await stub.close();
});

const waiting = ({ sql }: TestApp = app) => sql.query(`SELECT 1 FROM user_service.outbox WHERE topic = 'audit'`);
const hurry = async () => {
  await app.sql.query('UPDATE user_service.outbox_lanes SET available_at = now()');
  await app.sql.query(`SELECT pg_notify('user_service_outbox', 'resumed')`);
};
const drained = () =>
  waitFor(
    async () => {
      await hurry();
      return (await waiting()).length === 0;
    },
    { what: 'an empty outbox', timeoutMs: 60_000 },
  );
const told = (type: string): number => stub.events.filter((event) => event.type === type).length;

/** Milliseconds of a sign-up and a sign-in. */
async function peopleComeIn(email: string): Promise<number> {
  const begun = performance.now();
  expect((await app.api.register(freshEmail())).status).toBe(202);
  expect((await app.api.login(email)).status).toBe(200);
  return performance.now() - begun;
}

describe('F19 AU-08 Nobody waits for the Audit Service', () => {
  it('while it takes what it is sent and does not answer', async () => {
    const email = await app.api.verifiedUser();
    await drained();
    await stub.become('hang');
    const before = stub.arrivals.length;
    await peopleComeIn(email);
    await waitFor(() => stub.arrivals.length > before, { what: 'a batch that nobody answers' });

    expect(await peopleComeIn(email)).toBeLessThan(SOON_MS);
    await stub.become('down');
    await stub.become('ok');
    await drained();
    expect(stub.report().violations).toEqual([]);
  });

  it('nor for the lanes: their rows may be locked by whoever seals', async () => {
    const email = await app.api.verifiedUser();
    await drained();
    const sealing = await openSql(app.env['DATABASE_URL'] ?? '');
    await sealing.query('BEGIN');
    await sealing.query('LOCK TABLE user_service.outbox_lanes IN ACCESS EXCLUSIVE MODE');
    const before = told('session.login_succeeded');

    expect(await peopleComeIn(email)).toBeLessThan(SOON_MS);
    expect(told('session.login_succeeded')).toBe(before);
    await sealing.query('COMMIT');
    await sealing.close();
    await waitFor(() => told('session.login_succeeded') === before + 1, { what: 'the event', timeoutMs: 30_000 });
  });
});

describe('A hint of another process', () => {
  it('ends a pause that would be long: LISTEN is heard', async () => {
    await stub.become('401');
    const before = told('identity.registered');
    expect((await app.api.register(freshEmail())).status).toBe(202);
    // Half a minute at least.
    const isOpen = async () => (await (await fetch(`${app.url}/metrics`)).text()).includes('\naudit_breaker_state 2\n');
    await waitFor(isOpen, { what: 'an open breaker', timeoutMs: 20_000 });
    await stub.become('ok');
    await hurry();

    await waitFor(() => told('identity.registered') === before + 1, { what: 'the event', timeoutMs: 15_000 });
  });
});

describe('A stop', () => {
  it('lets a batch that is on its way arrive once, and gives the lanes back at once', async () => {
    const other = await startTestApp({ AUDIT_SERVICE_URL: stub.url, AUDIT_TIMEOUT_MS: String(ATTEMPT_MS) });
    await waitFor(async () => (await waiting(other)).length === 0, { what: 'an empty outbox' });
    await stub.become('slow');
    const before = stub.arrivals.length;
    await other.api.register(freshEmail());
    await waitFor(() => stub.arrivals.length > before, { what: 'the batch' });
    const left = await openSql(other.env['DATABASE_URL'] ?? '');
    // Stops as a process does; what is asked here is its own connection.
    await other.app.close();
    const rows = await left.query(`
      SELECT topic AS what FROM user_service.outbox WHERE topic = 'audit' AND payload ->> 'type' = 'identity.registered'
       UNION ALL SELECT 'lease' FROM user_service.outbox_lanes WHERE lease_owner IS NOT NULL`);
    await left.close();
    await other.sql.close();
    await other.database.drop();
    await rm(other.env['MAIL_DIR'] ?? '', { recursive: true });

    expect(rows).toEqual([]);
  });
});

describe('AU-13 Events that have waited for too long', () => {
  it('are told by the health check, are kept, and are forgotten there when they have left', async () => {
    await stub.become('down');
    const other = await startTestApp({ AUDIT_OUTBOX_MAX_AGE_SECONDS: '1' }, app);
    const health = async () => {
      const answer = await fetch(`${other.url}/health`);
      return [answer.status, ((await answer.json()) as { status: string }).status];
    };
    const before = told('identity.registered');
    expect((await app.api.register(freshEmail())).status).toBe(202);
    await waitFor(async () => (await health())[1] === 'degraded', { what: 'a degraded service', timeoutMs: 20_000 });

    expect(await health()).toEqual([200, 'degraded']);
    expect((await app.api.register(freshEmail())).status).toBe(202);
    await stub.become('ok');
    await drained();
    expect(told('identity.registered')).toBe(before + 2);
    await waitFor(async () => (await health())[1] === 'ok', { what: 'a service that is well', timeoutMs: 20_000 });
    await other.close();
  });
});
