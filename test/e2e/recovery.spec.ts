import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, PASSWORD, type Answer } from '../support/api-client.js';
import { expectProblem, expectUnauthorized } from '../support/expectations.js';
import { auditTypes, endReason, unspentTokens } from '../support/session-facts.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const NEW_PASSWORD = 'neun Quitten rollen bergab 71';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ RECOVERY_MAILS_PER_SOURCE: '1000' });
});
afterAll(() => app.close());

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Asks for a link and returns the token in it; `count` is how many mails the address has got by then. */
async function resetToken(email: string, count = 2): Promise<string> {
  expect((await app.api.forgot(email)).status).toBe(202);
  return (await app.mail(email, count)).token;
}

/** What can be seen of an answer, but for what is different in any two. */
function seen({ status, headers, text }: Answer): unknown {
  const different = new Set(['x-request-id', 'date', 'ratelimit']);
  return { status, text, headers: [...headers].filter(([name]) => !different.has(name)) };
}

const requestsLeft = async (): Promise<number> =>
  (await app.sql.query('SELECT 1 FROM user_service.recovery_requests')).length;
/** Everything that was asked for has been looked at and mailed. */
async function settled(): Promise<void> {
  await app.mailsSent();
  expect(await requestsLeft()).toBe(0);
}

describe('RC-01 Asking for a link tells nobody whether there is an account', () => {
  it('is answered alike for unknown, known, waiting and disabled addresses, and mails the owners only', async () => {
    const [known, waiting, disabled] = [await app.api.verifiedUser(), freshEmail(), await app.api.signedInUser()];
    await app.api.register(waiting);
    await app.sql.query(`UPDATE user_service.users SET status = 'disabled' WHERE id = $1`, [disabled.userId]);
    const unknown = freshEmail();

    const answers: unknown[] = [];
    for (const email of [unknown, known, waiting, disabled.email]) answers.push(seen(await app.api.forgot(email)));
    await settled();

    expect(answers[0]).toMatchObject({ status: 202, text: '{"status":"accepted"}' });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    const counts = await Promise.all([unknown, known, waiting, disabled.email].map((to) => app.mails(to)));
    expect(counts.map((mails) => mails.length)).toEqual([0, 2, 2, 1]);
  });

  it('is answered before anybody looks for the account; what waits is sealed, and outlives an obstacle', async () => {
    const { email, userId } = await app.api.signedInUser();
    await app.sql.query('BEGIN');
    await app.sql.query('SELECT 1 FROM user_service.users WHERE id = $1 FOR UPDATE', [userId]);
    // Whoever waits for the row is told after a second that the database is busy.
    const answers = [seen(await app.api.forgot(email)), seen(await app.api.forgot(freshEmail()))];
    const waiting = await app.sql.query<{ row: string }>(
      'SELECT to_jsonb(r)::text AS row FROM user_service.recovery_requests r',
    );
    await app.sql.query('COMMIT');

    expect(answers[1]).toEqual(answers[0]);
    expect(waiting.length).toBeGreaterThan(0);
    for (const { row } of waiting) {
      for (const clear of [email, Buffer.from(email).toString('hex'), '127.0.0.1']) expect(row).not.toContain(clear);
    }
    expect((await app.mail(email, 2)).token).not.toBe('');
    await settled();
  });

  it('ID-05 goes to the stored address, whatever form of it was typed', async () => {
    const email = await app.api.verifiedUser({}, freshEmail('stored'));

    await app.api.forgot(` ${email.toUpperCase()} `);
    expect((await app.mail(email, 2)).to).toBe(email);
    for (const twin of [email.replace('@', '+tag@'), email.replace('stored', 'st.ored')]) await app.api.forgot(twin);
    await settled();

    expect(await app.mails(email)).toHaveLength(2);
    const sent = await app.mails();
    expect(sent.filter(({ to }) => to.toLowerCase().includes(email.slice(7)) && to !== email)).toEqual([]);
  });

  it.each(['ѕtored@example.com', 'stored＠example.com', 'nobody', ''])(
    'refuses %j like any other call',
    async (typed) => {
      expectProblem(await app.api.forgot(typed), 400, 'validation_failed', ['errors']);
    },
  );
});

describe('RC-02 A link sets a new password once', () => {
  it('with a token of 256 random bits, of which the hash alone is stored, for an hour', async () => {
    const token = await resetToken(await app.api.verifiedUser());

    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    const rows = await app.sql.query(
      `SELECT purpose, (expires_at - created_at)::text AS life FROM user_service.one_time_tokens WHERE hash = $1`,
      [hashOf(token)],
    );
    expect(rows).toEqual([{ purpose: 'password_reset', life: '01:00:00' }]);
  });

  it('and never again, nor after its time, nor when it is another’s', async () => {
    const email = await app.api.verifiedUser();
    const token = await resetToken(email);
    const done = await app.api.resetPassword(token, NEW_PASSWORD);
    expect({ status: done.status, text: done.text }).toEqual({ status: 204, text: '' });

    expectProblem(await app.api.resetPassword(token, PASSWORD), 400, 'token_invalid');
    expect((await app.api.login(email, NEW_PASSWORD)).status).toBe(200);
    expectProblem(await app.api.login(email), 401, 'invalid_credentials');
    const late = await resetToken(email, 3);
    await app.sql.query('UPDATE user_service.one_time_tokens SET expires_at = now() WHERE hash = $1', [hashOf(late)]);
    for (const wrong of [late, late.slice(1), `${late}=`, 'x', '']) {
      expectProblem(await app.api.resetPassword(wrong, PASSWORD), 400, 'token_invalid');
    }
  });

  it('by one of 20 parallel uses', async () => {
    const email = await app.api.verifiedUser();
    const token = await resetToken(email);
    const passwords = Array.from({ length: 20 }, (_, n) => `${NEW_PASSWORD} nummer ${n}`);

    const answers = await Promise.all(passwords.map((password) => app.api.resetPassword(token, password)));

    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(19).fill(400)]);
    const winner = passwords[answers.findIndex(({ status }) => status === 204)]!;
    expect((await app.api.login(email, winner)).status).toBe(200);
  });

  it('until a newer one is mailed', async () => {
    const email = await app.api.verifiedUser();
    const [first, second] = [await resetToken(email, 2), await resetToken(email, 3)];

    expectProblem(await app.api.resetPassword(first, NEW_PASSWORD), 400, 'token_invalid');
    expect((await app.api.resetPassword(second, NEW_PASSWORD)).status).toBe(204);
  });

  it('until the password changes', async () => {
    const user = await app.api.signedInUser();
    const token = await resetToken(user.email);
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    await app.api.post('/api/v1/users/me/password', body, { token: user.accessToken });

    expectProblem(await app.api.resetPassword(token, 'vierzig Mirabellen am Ast 8'), 400, 'token_invalid');
    expect((await app.api.login(user.email, NEW_PASSWORD)).status).toBe(200);
  });

  it('and is good for nothing else, nor any other link for this', async () => {
    const email = freshEmail();
    await app.api.register(email);
    const verification = (await app.mail(email)).token;
    const reset = await resetToken(email);

    expectProblem(await app.api.resetPassword(verification, NEW_PASSWORD), 400, 'token_invalid');
    expectProblem(await app.api.verify(reset), 400, 'token_invalid');
    expectProblem(await app.api.post('/api/v1/auth/email/undo', { token: reset }), 400, 'token_invalid');
    expect((await app.api.resetPassword(reset, NEW_PASSWORD)).status).toBe(204);
  });

  it('and stays good when the password is refused', async () => {
    const email = await app.api.verifiedUser({}, freshEmail('weinbergschnecke'));
    const token = await resetToken(email);
    for (const weak of ['password1234', `${email.split('@')[0]}!`]) {
      expectProblem(await app.api.resetPassword(token, weak), 422, 'password_rejected', ['reasons']);
    }

    expect((await app.api.resetPassword(token, NEW_PASSWORD)).status).toBe(204);
  });

  it('and is of no use for an account that was disabled meanwhile', async () => {
    const user = await app.api.signedInUser();
    const token = await resetToken(user.email);
    await app.sql.query(`UPDATE user_service.users SET status = 'disabled' WHERE id = $1`, [user.userId]);

    expectProblem(await app.api.resetPassword(token, NEW_PASSWORD), 400, 'token_invalid');
  });
});

describe('RC-03 A link leads where the configuration says', () => {
  it.each([
    ['Host', { host: 'evil.example' }],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'gopher' }],
    ['Forwarded', { forwarded: 'host=evil.example;proto=https' }],
    [
      'X-Original-URL',
      { 'x-original-url': 'http://evil.example/', 'x-host': 'evil.example', origin: 'http://evil.example' },
    ],
  ])('whatever %s says', async (_what, headers) => {
    const email = freshEmail();
    await app.api.register(email, {}, { headers });
    const mails = [await app.mail(email)];
    await app.api.forgot(email, { headers });
    mails.push(await app.mail(email, 2));

    for (const [n, { text, raw, token }] of mails.entries()) {
      const page = ['verify-email', 'reset-password'][n] ?? '';
      expect(text).toContain(`\nhttp://localhost:8000/${page}?token=${token}`);
      expect(raw).not.toContain('evil');
    }
  });
});

describe('RC-04 A new password ends everything that the old one opened', () => {
  it('every session and refresh token, in one transaction, and signs nobody in', async () => {
    const phone = await app.api.signedInUser();
    const laptop = await app.api.signIn(phone.email);
    await app.api.refresh(laptop.refreshToken);
    // After the mail about a new device.
    await app.mail(phone.email, 2);
    const answer = await app.api.resetPassword(await resetToken(phone.email, 3), NEW_PASSWORD);

    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toBeNull();
    for (const { sessionId, accessToken, refreshToken } of [phone, laptop]) {
      expectUnauthorized(await app.api.me(accessToken), 'session_revoked');
      expect((await app.api.refresh(refreshToken)).status).toBe(401);
      expect(await endReason(app, sessionId)).toBe('password_reset');
      expect(await auditTypes(app, sessionId)).toContain('session.revoked');
    }
    const live = await app.sql.query('SELECT 1 FROM user_service.sessions WHERE user_id = $1 AND revoked_at IS NULL', [
      phone.userId,
    ]);
    expect(live).toEqual([]);
    expect(await unspentTokens(app, phone.sessionId)).toBeGreaterThan(0);
  });

  it('and tells the trail, with the request in which it was asked for', async () => {
    const { email, userId } = await app.api.signedInUser();
    const headers = { 'x-request-id': `forgot-${userId}` };
    await app.api.forgot(email, { headers });
    await app.api.resetPassword((await app.mail(email, 2)).token, NEW_PASSWORD);

    const events = await app.sql.query<{ type: string; request: string; outcome: string }>(
      `SELECT payload ->> 'type' AS type, payload #>> '{data,requestId}' AS request,
              payload #>> '{data,actor,type}' AS actor FROM user_service.outbox
        WHERE payload ->> 'subject' = $1 AND payload ->> 'type' LIKE 'identity.password%' ORDER BY id`,
      [`user/${userId}`],
    );
    expect(events).toEqual([
      { type: 'identity.password_reset_requested', request: headers['x-request-id'], actor: 'anonymous' },
      { type: 'identity.password_reset', request: expect.any(String), actor: 'anonymous' },
    ]);
  });
});
