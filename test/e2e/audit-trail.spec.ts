import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, PASSWORD, signedIn, type Answer, type CallOptions } from '../support/api-client.js';
import { expectMembers, expectProblem, UUID_V7 } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

interface AuditEvent {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const USER_AGENT = 'audit-trail-spec/1.0';
const CLIENT = { ip: '127.0.0.0/24', userAgent: USER_AGENT };

let app: TestApp;

/** Calls with a request id of its own, and resolves to the answer and the events that the request left behind. */
async function traced(
  call: (options: Required<Pick<CallOptions, 'headers'>>) => Promise<Answer>,
): Promise<{ answer: Answer; events: AuditEvent[]; requestId: string }> {
  const requestId = randomUUID();
  const answer = await call({ headers: { 'x-request-id': requestId, 'user-agent': USER_AGENT } });
  expect(answer.headers.get('x-request-id')).toBe(requestId);
  return { answer, events: await eventsOf(requestId), requestId };
}

async function eventsOf(requestId: string): Promise<AuditEvent[]> {
  const rows = await app.sql.query<{ payload: AuditEvent }>(
    `SELECT payload FROM user_service.outbox
      WHERE topic = 'audit' AND payload -> 'data' ->> 'requestId' = $1 ORDER BY id`,
    [requestId],
  );
  return rows.map(({ payload }) => payload);
}

async function count(sql: string): Promise<number> {
  const [row] = await app.sql.query<{ n: number }>(`SELECT count(*)::integer AS n FROM ${sql}`);
  return row!.n;
}

/** Runs `work` while every statement of that kind on that table fails, as a full disk or a broken constraint would. */
async function whileFailing(statement: string, work: () => Promise<void>): Promise<void> {
  await app.sql.query(`
    CREATE OR REPLACE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'told to fail'; END $$`);
  await app.sql.query(`CREATE TRIGGER told_to_fail BEFORE ${statement} FOR EACH ROW EXECUTE FUNCTION public.fail()`);
  try {
    await work();
  } finally {
    await app.sql.query(`DROP TRIGGER told_to_fail ON ${statement.split(' ON ')[1]!}`);
  }
}

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(async () => {
  await app.close();
});

describe('AU-01 Every action leaves one event of its kind, with who did it and in which request', () => {
  it('from registration to sign-out', async () => {
    const email = freshEmail();
    const seen: AuditEvent[] = [];
    const expectOne = (events: readonly AuditEvent[], type: string, data: object): void => {
      expect(events.map((event) => event.type)).toEqual([type]);
      expect(events[0]?.data).toMatchObject({ client: CLIENT, ...data });
      seen.push(events[0]!);
    };

    const anonymous = { type: 'anonymous' };
    const registered = await traced((options) => app.api.register(email, {}, options));
    expectOne(registered.events, 'identity.registered', { outcome: 'success', actor: anonymous });

    const { token } = await app.mail(email);
    const verified = await traced((options) => app.api.verify(token, options));
    expectOne(verified.events, 'identity.email_verified', { outcome: 'success', actor: anonymous });

    const login = await traced((options) => app.api.login(email, PASSWORD, {}, options));
    const { userId, sessionId, accessToken, refreshToken } = signedIn(login.answer);
    const user = { type: 'user', id: userId, sessionId };
    expectOne(login.events, 'session.login_succeeded', { outcome: 'success', actor: user });

    const path = '/api/v1/users/me';
    const read = await traced(({ headers }) => app.api.me(accessToken, headers));
    expect(read.events).toEqual([]);
    const changes = { displayName: 'Somebody', phone: '+821012345678' };
    const patched = await traced((more) => app.api.call('PATCH', path, { token: accessToken, body: changes, ...more }));
    const fields = { fields: ['displayName', 'phone'] };
    expectOne(patched.events, 'identity.profile_updated', { outcome: 'success', actor: user, details: fields });

    const refreshed = await traced((options) => app.api.refresh(refreshToken, options));
    expectOne(refreshed.events, 'session.refreshed', { outcome: 'success', actor: user });

    const out = await traced((more) => app.api.call('POST', '/api/v1/auth/logout', { token: accessToken, ...more }));
    expectOne(out.events, 'session.logged_out', { outcome: 'success', actor: user });

    expect(new Set(seen.map(({ subject }) => subject))).toEqual(new Set([`user/${userId}`]));
    expect(seen.map(({ id }) => id)).toEqual(seen.map(() => expect.stringMatching(UUID_V7)));
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    const text = JSON.stringify(seen);
    for (const personal of [email, 'Somebody', '+8210', accessToken, refreshToken, token]) {
      expect(text).not.toContain(personal);
    }
  });

  it('consents and a repeated registration', async () => {
    const email = freshEmail();
    const consents = [
      { purpose: 'terms', version: '2', granted: true },
      { purpose: 'marketing_email', version: '2', granted: false },
    ];

    const first = await traced((options) => app.api.register(email, { consents }, options));
    // Before the second one: the link in each mail confirms the registration that it was sent for.
    const { token } = await app.mail(email);
    const second = await traced((options) => app.api.register(email, {}, options));
    const verified = await traced((options) => app.api.verify(token, options));

    const told = ({ events }: typeof first): unknown[] => events.map(({ type, data }) => [type, data['details']]);
    expect(told(first)).toEqual([['identity.registered', { renewed: false }]]);
    expect(told(second)).toEqual([['identity.registered', { renewed: true }]]);
    expect(told(verified)).toEqual([
      ['identity.email_verified', undefined],
      ['identity.consent_granted', { purpose: 'terms', version: '2' }],
      ['identity.consent_withdrawn', { purpose: 'marketing_email', version: '2' }],
    ]);
  });

  it.each([
    ['an unknown address', 'unknown_address'],
    ['a wrong password', 'wrong_password'],
    ['a disabled account', 'account_disabled'],
    ['an unproven address', 'email_unverified'],
  ])('a failed sign-in: %s', async (_what, reason) => {
    const email = await prepared(reason);
    const password = reason === 'wrong_password' ? 'not the right one, sorry' : PASSWORD;

    const { answer, events } = await traced((options) => app.api.login(email, password, {}, options));

    expect(answer.status).toBe(reason === 'email_unverified' ? 403 : 401);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      type: 'session.login_failed',
      data: { outcome: 'failure', reason, actor: { type: 'anonymous' }, client: CLIENT },
    });
    expect('subject' in events[0]!).toBe(reason !== 'unknown_address');
    expect(JSON.stringify(events)).not.toContain(email);
  });

  async function prepared(reason: string): Promise<string> {
    const email = freshEmail();
    if (reason === 'unknown_address') return email;
    if (reason === 'email_unverified') await app.api.register(email);
    else await app.api.verifiedUser({}, email);
    if (reason !== 'account_disabled') return email;
    const { userId } = await app.api.signIn(email);
    await app.sql.query(`UPDATE user_service.users SET status = 'disabled' WHERE id = $1`, [userId]);
    return email;
  }

  it('what is refused in a transaction is kept all the same', async () => {
    const { refreshToken, sessionId, userId } = await app.api.signedInUser();
    const second = signedIn(await app.api.refresh(refreshToken));
    await app.api.refresh(second.refreshToken);

    const reused = await traced((options) => app.api.refresh(refreshToken, options));
    const unknown = await traced((options) => app.api.refresh(`usr_${'A'.repeat(43)}`, options));

    expectProblem(reused.answer, 401, 'refresh_reused');
    expect(reused.events.map(({ type }) => type)).toEqual(['session.refresh_reuse_detected', 'session.revoked']);
    expect(reused.events[0]).toMatchObject({
      subject: `user/${userId}`,
      data: { outcome: 'denied', reason: 'refresh_reuse' },
    });
    expect(JSON.stringify(reused.events)).toContain(sessionId);
    expectProblem(unknown.answer, 401, 'refresh_invalid');
    expect(unknown.events).toHaveLength(1);
    expect(unknown.events[0]).toMatchObject({
      type: 'session.refresh_rejected',
      data: { outcome: 'failure', reason: 'unknown' },
    });
  });

  it('what changes no account and no session leaves nothing, as docs/events.md says', async () => {
    const [email, pending] = [await app.api.verifiedUser(), freshEmail()];
    await app.api.register(pending);

    const taken = await traced((options) => app.api.register(email, {}, options));
    const invalid = await traced((options) => app.api.register('nobody', {}, options));
    const spent = await traced((options) => app.api.verify('x', options));
    const resent = await traced((options) => app.api.resend(pending, options));
    const nobody = await traced(({ headers }) => app.api.get('/api/v1/users/me', { headers }));

    expect((await app.mail(pending, 2)).token).not.toBe('');
    expect((await app.mail(email, 2)).token).toBe('');
    for (const { events } of [taken, invalid, spent, resent, nobody]) expect(events).toEqual([]);
  });

  it('is a CloudEvent', async () => {
    const { events } = await traced((options) => app.api.login(freshEmail(), PASSWORD, {}, options));

    expectMembers(events[0], ['specversion', 'id', 'source', 'type', 'time', 'datacontenttype', 'dataschema', 'data']);
    expect(events[0]).toMatchObject({
      specversion: '1.0',
      source: '/user-service',
      datacontenttype: 'application/json',
    });
    expect(Math.abs(Date.parse(events[0]!.time) - Date.now())).toBeLessThan(60_000);
  });

  it('parallel requests keep their events apart', async () => {
    const users = await Promise.all(Array.from({ length: 6 }, () => app.api.signedInUser()));

    const all = await Promise.all(
      users.map(({ accessToken: token }, n) =>
        traced((more) =>
          app.api.call('PATCH', '/api/v1/users/me', { token, body: { displayName: `Name ${n}` }, ...more }),
        ),
      ),
    );

    all.forEach(({ events }, n) => {
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({
        subject: `user/${users[n]!.userId}`,
        data: { actor: { type: 'user', id: users[n]!.userId, sessionId: users[n]!.sessionId } },
      });
    });
  });
});

describe('AU-01 A change and its event commit together or not at all', () => {
  it('no event without its change', async () => {
    const { accessToken } = await app.api.signedInUser();
    const before = await count(`user_service.outbox WHERE topic = 'audit'`);

    await whileFailing('INSERT ON user_service.users', async () => {
      const { answer } = await traced((options) => app.api.register(freshEmail(), {}, options));
      expectProblem(answer, 500, 'internal_error');
      expect(answer.text).not.toContain('told to fail');
    });
    await whileFailing('UPDATE ON user_service.users', async () => {
      expectProblem(await app.api.patchMe(accessToken, { displayName: 'Never' }), 500, 'internal_error');
    });

    expect(await count(`user_service.outbox WHERE topic = 'audit'`)).toBe(before);
    expect((await app.api.me(accessToken)).body).toMatchObject({ displayName: null, version: 2 });
  });

  it('no change without its event', async () => {
    const email = freshEmail();
    const user = await app.api.signedInUser();
    const tables = ['users', 'user_keys', 'one_time_tokens', 'sessions', 'refresh_tokens'];
    const counts = (): Promise<number[]> => Promise.all(tables.map((table) => count(`user_service.${table}`)));
    const before = await counts();

    // Whatever keeps the event, or the mail, from being stored: the change is not to be had now (AU-08).
    await whileFailing('INSERT ON user_service.outbox', async () => {
      const { accessToken, refreshToken } = user;
      for (const answer of [
        await app.api.register(email),
        await app.api.login(user.email),
        await app.api.patchMe(accessToken, { displayName: 'Never' }),
        await app.api.refresh(refreshToken),
        await app.api.logout(accessToken),
      ]) {
        expectProblem(answer, 503, 'dependency_unavailable');
      }
    });

    expect(await counts()).toEqual(before);
    expect((await app.api.me(user.accessToken)).body).toMatchObject({ displayName: null, version: 2 });
    expect((await app.api.refresh(user.refreshToken)).status).toBe(200);
    expect(await app.mails(email)).toEqual([]);
    expect((await app.api.register(email)).status).toBe(202);
  });
});
