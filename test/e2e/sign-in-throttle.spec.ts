import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { CountedThrottledSignIns } from '../../libs/session/src/infrastructure/throttled-sign-ins.counted.js';
import { freshEmail, PASSWORD } from '../support/api-client.js';
import { expectProblem } from '../support/expectations.js';
import { BEHIND_THE_TEST, expectThrottled, freshSource, Guesses, statuses } from '../support/guesses.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

let app: TestApp;
let people: Guesses;

beforeAll(async () => {
  app = await startTestApp({ ...BEHIND_THE_TEST, SIGN_IN_CEILING: '20' });
  people = new Guesses(app);
});
afterAll(() => app.close());

describe('LG-02 Five failures of an address from one source', () => {
  it('refuse the sixth attempt even with the right password, until the window is over', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    await people.fail(5, email, source);

    expectThrottled(await people.signIn(email, PASSWORD, source));
    await people.pass(14);
    expectThrottled(await people.signIn(email, PASSWORD, source), 60);
    await people.pass(2);
    expect((await people.signIn(email, PASSWORD, source)).status).toBe(200);
    await people.fail(5, email, source);
    expectThrottled(await people.wrong(email, source));
  });

  it('count alike for an address that nobody has', async () => {
    const [email, source] = [freshEmail(), freshSource()];
    await people.fail(5, email, source);

    expectThrottled(await people.wrong(email, source));
    expectProblem(await people.wrong(email, freshSource()), 401, 'invalid_credentials');
  });

  it('are forgotten by a success, of that address alone', async () => {
    const [victim, own, source] = [await app.api.verifiedUser(), await app.api.verifiedUser(), freshSource()];
    await people.fail(4, victim, source);
    expect((await people.signIn(own, PASSWORD, source)).status).toBe(200);
    await people.fail(1, victim, source);

    expectThrottled(await people.wrong(victim, source));
    await people.fail(4, own, source);
    expect((await people.signIn(own, PASSWORD, source)).status).toBe(200);
    await people.fail(4, own, source);
    expect((await people.signIn(own, PASSWORD, source)).status).toBe(200);
  });

  it('LG-11 say so in the audit trail and on /metrics: each failure, and those not looked at by their number', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    const userId = await people.idOf(email);
    const before = await people.metric('sign_in_throttled_total{by="guesses"}');
    await people.fail(5, email, source);
    for (let n = 0; n < 30; n += 1) expectThrottled(await people.wrong(email, source));

    await waitFor(async () => (await throttledOf(userId)).length > 0, { what: 'the first event' });
    expect((await throttledOf(userId)).length).toBeLessThan(10);
    await tellThrottled();
    expect(sumOf(await throttledOf(userId))).toBe(30);
    const failed = (await people.eventsOf(userId)).filter(({ type }) => type === 'session.login_failed');
    expect(failed).toEqual(
      Array.from({ length: 5 }, () => ({ type: 'session.login_failed', reason: 'wrong_password' })),
    );
    expect(await people.metric('sign_in_throttled_total{by="guesses"}')).toBe(before + 30);
  });
});

const sumOf = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
const tellThrottled = (): Promise<void> => app.app.get(CountedThrottledSignIns, { strict: false }).tellAll();

async function throttledOf(userId: string): Promise<number[]> {
  const rows = await app.sql.query<{ count: number }>(
    `SELECT (payload #>> '{data,details,count}')::integer AS count FROM user_service.outbox
      WHERE topic = 'audit' AND payload ->> 'type' = 'session.login_throttled' AND payload ->> 'subject' = $1`,
    [`user/${userId}`],
  );
  return rows.map(({ count }) => count);
}

describe('LG-04 The count of an address', () => {
  it('lets five of a hundred parallel guesses be looked at, whichever is right', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    const userId = await people.idOf(email);

    const answers = await Promise.all(
      Array.from({ length: 100 }, (_each, n) =>
        n === 50 ? people.signIn(email, PASSWORD, source) : people.wrong(email, source),
      ),
    );

    expect(statuses(answers)).toEqual({ 401: 5, 429: 95 });
    // What cannot be told at once, on a busy machine, is kept and told a moment later.
    const areTold = async (): Promise<boolean> => {
      await tellThrottled();
      return sumOf(await throttledOf(userId)) >= 95;
    };
    await waitFor(areTold, { what: '95 refusals to be told of' });
    expect(sumOf(await throttledOf(userId))).toBe(95);
    const events = await people.eventsOf(userId);
    expect(events.filter(({ type }) => type === 'session.login_failed')).toHaveLength(5);
  });

  it('is one for all instances', async () => {
    const other = await startTestApp({}, app);
    try {
      const [email, source] = [await app.api.verifiedUser(), freshSource()];
      const headers = { headers: { 'x-forwarded-for': source } };
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_each, n) => {
          const { api } = n % 2 === 0 ? app : other;
          return api.login(email, `wrong password number ${n}`, {}, headers);
        }),
      );

      expect(statuses(answers)).toEqual({ 401: 5, 429: 35 });
    } finally {
      await other.close();
    }
  });

  it('is the same for every spelling that somebody can try', async () => {
    const email = await app.api.verifiedUser();
    const source = freshSource();
    const [local, domain] = email.split('@') as [string, string];
    const spellings = [
      email.toUpperCase(),
      ` ${email}`,
      `${local}@${domain.replace('example', 'ＥＸＡＭＰＬＥ')}`,
      `${local}+tag@${domain}`,
      `${local.toUpperCase()}+Other@${domain}`,
    ];
    for (const spelling of spellings) expectProblem(await people.wrong(spelling, source), 401, 'invalid_credentials');

    for (const spelling of [email, ...spellings]) expectThrottled(await people.wrong(spelling, source));
  });

  it('is not cleared by a tagged address, which may be somebody else’s', async () => {
    const email = await app.api.verifiedUser();
    const tagged = await app.api.verifiedUser({}, email.replace('@', '+mine@'));
    const source = freshSource();
    await people.fail(4, email, source);

    expect((await people.signIn(tagged, PASSWORD, source)).status).toBe(200);
    await people.fail(1, email, source);
    expectThrottled(await people.wrong(email, source));
  });

  it('is not voided by a new password or a wrong one in a session of a tagged address either', async () => {
    const email = await app.api.verifiedUser();
    const tagged = await app.api.verifiedUser({}, email.replace('@', '+mine@'));
    const source = freshSource();
    const token = String((await people.signIn(tagged, PASSWORD, source)).body['accessToken']);
    await people.fail(3, email, source);
    const next = 'neun Quitten rollen bergab 71';
    const change = { currentPassword: PASSWORD, newPassword: next };
    expect((await app.api.post('/api/v1/users/me/password', change, { token })).status).toBe(204);

    // It counts on the address as well, and voids nothing there.
    const headers = { 'x-forwarded-for': source };
    const again = await app.api.post('/api/v1/auth/reauthenticate', { password: 'a wrong one' }, { token, headers });
    expect(again.status).toBe(401);
    expect((await people.signIn(tagged, next, source)).status).toBe(200);
    await people.fail(1, email, source);
    expectThrottled(await people.wrong(email, source));
  });

  it('does not stop somebody who signs in many times at once', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];

    const answers = await Promise.all(Array.from({ length: 12 }, () => people.signIn(email, PASSWORD, source)));

    expect(statuses(answers)).toEqual({ 200: 12 });
  });

  it('is of a whole IPv6 network that one customer has', async () => {
    const email = await app.api.verifiedUser();
    for (let n = 1; n <= 5; n += 1) await people.fail(1, email, `2001:db8:1:2::${n}`);

    expectThrottled(await people.wrong(email, '2001:db8:1:2:ffff::9'));
    expectProblem(await people.wrong(email, '2001:db8:1:3::1'), 401, 'invalid_credentials');
  });

  it('names nobody in the table', async () => {
    const [email, source] = [freshEmail(), freshSource()];
    await people.fail(1, email, source);

    const rows = await app.sql.query<{ text: string }>('SELECT a::text AS text FROM user_service.sign_in_attempts a');
    expect(JSON.stringify(rows)).not.toContain(email);
    expect(JSON.stringify(rows)).not.toContain(source);
  });
});

describe('LG-02 As many failures in a row as the ceiling allows', () => {
  it('lock the address everywhere but on known devices, for an hour, and are told once', async () => {
    const [email, source] = [await app.api.verifiedUser(), freshSource()];
    const device = (await people.signIn(email, PASSWORD, source)).headers.get('x-device-token')!;
    const userId = await people.idOf(email);
    for (let n = 0; n < 3; n += 1) await people.fail(5, email, freshSource());
    await people.fail(4, email, freshSource());

    // One more reaches it; of those that come at once, one is looked at.
    const last = await Promise.all(Array.from({ length: 6 }, () => people.wrong(email, freshSource())));
    expect(statuses(last)).toEqual({ 401: 1, 429: 5 });
    expectThrottled(await people.signIn(email, PASSWORD, freshSource()), 3_600);
    expect((await people.signIn(email, PASSWORD, source, device)).status).toBe(200);
    expectThrottled(await people.signIn(email, PASSWORD, freshSource()), 3_600);

    await people.pass(61);
    expect((await people.signIn(email, PASSWORD, freshSource())).status).toBe(200);
    const locks = (await people.eventsOf(userId)).filter(({ type }) => type.startsWith('identity.account_'));
    expect(locks.map(({ type }) => type)).toEqual(['identity.account_locked', 'identity.account_unlocked']);
    expect(app.logs().filter(({ event }) => event === 'authn_login_lock')).toEqual([
      expect.objectContaining({ userId }),
    ]);
  });
});
