import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, PASSWORD, type Answer, type SignedIn } from '../support/api-client.js';
import { expectInvalid, expectProblem, expectUnauthorized } from '../support/expectations.js';
import { mailWithLink, type ReceivedMail } from '../support/mails.js';
import { endReason, MovedClock } from '../support/session-facts.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const NEW_PASSWORD = 'neun Quitten rollen bergab 71';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const confirmTo = (to: string, count = 1): Promise<ReceivedMail> => mailWithLink(app, to, 'change-email', count);
const undoTo = (to: string, count = 1): Promise<ReceivedMail> => mailWithLink(app, to, 'undo-email-change', count);
const resetTo = (to: string): Promise<ReceivedMail> => mailWithLink(app, to, 'reset-password');

type User = SignedIn & { readonly email: string };

const change = ({ accessToken }: SignedIn, newEmail: string, headers = {}): Promise<Answer> =>
  app.api.post('/api/v1/users/me/email', { newEmail }, { token: accessToken, headers });
const undo = (token: string): Promise<Answer> => app.api.post('/api/v1/auth/email/undo', { token });
const addressOf = async ({ accessToken }: SignedIn): Promise<unknown> => (await app.api.me(accessToken)).body['email'];

/** A user who asked for another address, with what the two addresses were mailed. */
async function asked(): Promise<{ user: User; to: string; confirm: ReceivedMail; notice: ReceivedMail }> {
  const [user, to] = [await app.api.signedInUser(), freshEmail('new')];
  expect((await change(user, to)).status).toBe(202);
  return { user, to, confirm: await confirmTo(to), notice: await undoTo(user.email) };
}

describe('RC-06 Another address', () => {
  it('changes nothing until it is proven, then counts at once, and the old one is told both times', async () => {
    const { user, to, confirm, notice } = await asked();
    expect(confirm.text).toContain('http://localhost:8000/change-email?token=');
    expect(notice.text).toContain('http://localhost:8000/undo-email-change?token=');
    expect(await addressOf(user)).toBe(user.email);
    expect((await app.api.login(user.email)).status).toBe(200);
    expect((await app.api.login(to)).status).toBe(401);

    expect((await app.api.verify(confirm.token)).status).toBe(204);

    expect((await app.api.me(user.accessToken)).body).toMatchObject({ email: to, emailVerified: true });
    expect((await app.api.login(to)).status).toBe(200);
    expectProblem(await app.api.login(user.email), 401, 'invalid_credentials');
    const told = await undoTo(user.email, 2);
    expect(told.text).toContain(`${to.slice(0, 1)}***@example.com`);
    for (const { text } of [notice, told]) expect(text).not.toContain(to);
    expect(confirm.text).not.toContain(user.email);
    expectProblem(await app.api.verify(confirm.token), 400, 'token_invalid');
    const events = await app.sql.query(
      `SELECT payload ->> 'type' AS type, payload #> '{data,changes,email}' AS changes FROM user_service.outbox
        WHERE payload ->> 'subject' = $1 AND payload ->> 'type' LIKE 'identity.email_change%' ORDER BY id`,
      [`user/${user.userId}`],
    );
    const changes = ['u***@example.com', 'n***@example.com'];
    expect(events).toEqual([
      { type: 'identity.email_change_requested', changes },
      { type: 'identity.email_changed', changes },
    ]);
  });

  it('wants a recent proof of who asks', async () => {
    const clock = new MovedClock(app);
    const user = await app.api.signedInUser();
    clock.setAhead(301);
    try {
      expectProblem(await change(user, freshEmail()), 403, 'reauthentication_required');
    } finally {
      clock.setAhead(0);
    }
    await app.mailsSent();
    expect((await app.mails(user.email)).filter(({ text }) => text.includes('/undo-email-change'))).toEqual([]);
  });

  it('refuses what is no address, and the present one', async () => {
    const user = await app.api.signedInUser();

    expectInvalid(await change(user, 'nobody'), '/newEmail');
    expectProblem(await change(user, ` ${user.email.toUpperCase()}`), 422, 'email_unchanged');
    expectProblem(await change(user, user.email, { 'accept-language': 'ko' }), 422, 'email_unchanged');
  });

  it('is not told apart from one that is somebody else’s, which gets no mail', async () => {
    const [user, other] = [await app.api.signedInUser(), await app.api.verifiedUser()];
    const free = await change(await app.api.signedInUser(), freshEmail());

    const taken = await change(user, other);

    expect([taken.status, taken.text]).toEqual([free.status, free.text]);
    await undoTo(user.email);
    await app.mailsSent();
    expect(await app.mails(other)).toHaveLength(1);
  });

  it('is asked for three times an hour at most, and then says when to come back', async () => {
    const user = await app.api.signedInUser();
    const answers = await Promise.all(Array.from({ length: 6 }, () => change(user, freshEmail())));

    expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 202, 429, 429, 429]);
    const refused = answers.find(({ status }) => status === 429)!;
    expectProblem(refused, 429, 'rate_limited');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('of two that were asked for at once, one can be confirmed', async () => {
    const user = await app.api.signedInUser();
    const wishes = [freshEmail('a'), freshEmail('b')];
    await Promise.all(wishes.map((to) => change(user, to)));
    const tokens = await Promise.all(wishes.map(async (to) => (await confirmTo(to)).token));

    const answers = await Promise.all(tokens.map((token) => app.api.verify(token)));

    expect(answers.map(({ status }) => status).sort()).toEqual([204, 400]);
    const won = wishes[answers.findIndex(({ status }) => status === 204)];
    expect(await addressOf(user)).toBe(won);
  });

  it('of two users who want the same one, the first to prove it has it', async () => {
    const [a, b, to] = [await app.api.signedInUser(), await app.api.signedInUser(), freshEmail()];
    await change(a, to);
    await confirmTo(to);
    await change(b, to);
    const tokens = [await confirmTo(to), await confirmTo(to, 2)].map(({ token }) => token);

    const answers = await Promise.all(tokens.map((token) => app.api.verify(token)));

    expect(answers.map(({ status }) => status).sort()).toEqual([204, 400]);
    expect([await addressOf(a), await addressOf(b)].filter((address) => address === to)).toHaveLength(1);
  });

  it.each(['a password reset', 'a new password'])('dies with %s', async (what) => {
    const { user, to, confirm } = await asked();
    if (what === 'a password reset') {
      await app.api.forgot(user.email);
      await app.api.resetPassword((await resetTo(user.email)).token, NEW_PASSWORD);
    } else {
      const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
      await app.api.post('/api/v1/users/me/password', body, { token: user.accessToken });
    }

    expectProblem(await app.api.verify(confirm.token), 400, 'token_invalid');
    expect((await app.api.login(user.email, NEW_PASSWORD)).status).toBe(200);
    expect((await app.api.login(to, NEW_PASSWORD)).status).toBe(401);
  });

  it('RC-02 voids the link to a new password that went to the old one', async () => {
    const { user, confirm } = await asked();
    await app.api.forgot(user.email);
    const reset = (await resetTo(user.email)).token;
    await app.api.verify(confirm.token);

    expectProblem(await app.api.resetPassword(reset, NEW_PASSWORD), 400, 'token_invalid');
  });

  it('RC-07 goes before a registration that nobody proved', async () => {
    const { user, to, confirm } = await asked();
    await app.api.register(to, { password: 'the attacker knows this 1' });
    const squatters = (await mailWithLink(app, to, 'verify-email')).token;

    expect((await app.api.verify(confirm.token)).status).toBe(204);

    expectProblem(await app.api.verify(squatters), 400, 'token_invalid');
    expectProblem(await app.api.login(to, 'the attacker knows this 1'), 401, 'invalid_credentials');
    expect(await addressOf(user)).toBe(to);
    const erased = await app.sql.query(
      `SELECT 1 FROM user_service.outbox WHERE payload ->> 'type' = 'identity.erased'`,
    );
    expect(erased.length).toBeGreaterThan(0);
  });

  it('goes before registrations that come at the same moment, whichever is first', async () => {
    const { user, to, confirm } = await asked();

    const [confirmed] = await Promise.all([
      app.api.verify(confirm.token),
      ...Array.from({ length: 5 }, () => app.api.register(to)),
    ]);

    expect(confirmed.status).toBe(204);
    expect(await addressOf(user)).toBe(to);
    const rows = await app.sql.query('SELECT 1 FROM user_service.users WHERE id = $1', [user.userId]);
    expect(rows).toHaveLength(1);
  });
});

describe('RC-06 The old address can take the change back', () => {
  /** Nobody who was there before gets in; the owner does, by the mail that follows. */
  async function expectTakenBack(user: User, to: string): Promise<void> {
    expectUnauthorized(await app.api.me(user.accessToken), 'session_revoked');
    expect(await endReason(app, user.sessionId)).toBe('account_changed');
    expect((await app.api.refresh(user.refreshToken)).status).toBe(401);
    for (const email of [user.email, to]) expect((await app.api.login(email)).status).toBe(401);
    await app.mailsSent();
    const mails = (await app.mails(user.email)).filter(({ text }) => text.includes('/reset-password'));
    expect((await app.api.resetPassword(mails.at(-1)!.token, NEW_PASSWORD)).status).toBe(204);
    expect((await app.api.login(user.email, NEW_PASSWORD)).status).toBe(200);
  }

  it('before it happened', async () => {
    const { user, to, confirm, notice } = await asked();

    expect((await undo(notice.token)).status).toBe(204);

    expectProblem(await app.api.verify(confirm.token), 400, 'token_invalid');
    expectProblem(await undo(notice.token), 400, 'token_invalid');
    await expectTakenBack(user, to);
  });

  it.each([1, 2])('after it happened, by the link in notice %i of two', async (number) => {
    const { user, to, confirm } = await asked();
    await app.api.verify(confirm.token);

    expect((await undo((await undoTo(user.email, number)).token)).status).toBe(204);

    await expectTakenBack(user, to);
  });

  it('whatever a thief did meanwhile: another password, another address, a registration of the old one', async () => {
    const { user, to, confirm, notice } = await asked();
    await app.api.verify(confirm.token);
    await app.api.forgot(to);
    await app.api.resetPassword((await resetTo(to)).token, 'the thief knows this now 9');
    const thief = await app.api.signIn(to, 'the thief knows this now 9');
    const third = freshEmail('third');
    await change(thief, third);
    await app.api.verify((await confirmTo(third)).token);
    await app.api.register(user.email, { password: 'the thief knows this too 3' });
    const thiefsUndo = await undoTo(to);

    expect((await undo(notice.token)).status).toBe(204);

    expectProblem(await undo(thiefsUndo.token), 400, 'token_invalid');
    expectUnauthorized(await app.api.me(thief.accessToken), 'session_revoked');
    for (const email of [user.email, to, third]) {
      expect((await app.api.login(email, 'the thief knows this now 9')).status).toBe(401);
    }
    await app.mailsSent();
    const reset = (await app.mails(user.email)).filter(({ text }) => text.includes('/reset-password')).at(-1)!;
    expect((await app.api.resetPassword(reset.token, NEW_PASSWORD)).status).toBe(204);
    const back = await app.api.signIn(user.email, NEW_PASSWORD);
    expect(back.userId).toBe(user.userId);
  });

  it('whatever undo a thief uses: that of a later change voids not that of an earlier one', async () => {
    const { user, to, confirm, notice } = await asked();
    await app.api.verify(confirm.token);
    const thief = await app.api.signIn(to);
    const second = freshEmail('second');
    await change(thief, second);
    await app.api.verify((await confirmTo(second)).token);
    const thiefsUndo = await undoTo(to);

    expect((await undo(thiefsUndo.token)).status).toBe(204);
    // The account is the thief's again, and yet the owner takes it back, by either notice.
    expect((await undo(notice.token)).status).toBe(204);

    await expectTakenBack(user, to);
    expectProblem(await undo((await undoTo(to, 2)).token), 400, 'token_invalid');
    const [event] = await app.sql.query<{ undone: boolean }>(
      `SELECT payload #> '{data,details,undone}' AS undone FROM user_service.outbox
        WHERE payload ->> 'subject' = $1 AND payload ->> 'type' = 'identity.email_changed' ORDER BY id DESC LIMIT 1`,
      [`user/${user.userId}`],
    );
    expect(event).toEqual({ undone: true });
  });

  it('once, of 20 parallel uses', async () => {
    const { confirm, notice } = await asked();
    await app.api.verify(confirm.token);

    const answers = await Promise.all(Array.from({ length: 20 }, () => undo(notice.token)));

    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(19).fill(400)]);
  });

  it('for three days', async () => {
    const { notice } = await asked();
    const [row] = await app.sql.query<{ life: string }>(
      `SELECT (expires_at - created_at)::text AS life FROM user_service.one_time_tokens
        WHERE purpose = 'email_change_undo' ORDER BY created_at DESC LIMIT 1`,
    );
    expect(row!.life).toMatch(/^(3 days|72:00:00)$/);
    await app.sql.query(
      `UPDATE user_service.one_time_tokens SET expires_at = now() WHERE purpose = 'email_change_undo'`,
    );

    expectProblem(await undo(notice.token), 400, 'token_invalid');
  });
});
