import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, PASSWORD, type Answer, type SignedIn } from '../support/api-client.js';
import { expectProblem } from '../support/expectations.js';
import { challenge, enrol, enrolledUser, eventsOf, freeSteps, verify, type Enrolled, PATIENT } from '../support/mfa.js';
import { codeOf } from '../support/oathtool.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const NEW_PASSWORD = 'neun Quitten rollen bergab 71';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp(PATIENT);
});
afterAll(() => app.close());

/** A thief in a session takes the account to another address; returns the link of the owner, who is told of it. */
async function takenAway(user: SignedIn & { readonly email: string }, mailsBefore: number): Promise<string> {
  const to = freshEmail('thief');
  const { accessToken: token } = user;
  expect((await app.api.post('/api/v1/users/me/email', { newEmail: to }, { token })).status).toBe(202);
  const notice = await app.mail(user.email, mailsBefore + 1);
  expect((await app.api.verify((await app.mail(to)).token)).status).toBe(204);
  return notice.token;
}

const undo = (token: string): Promise<Answer> => app.api.post('/api/v1/auth/email/undo', { token });

/** The owner comes back by the mail, with a new password. */
async function recover(user: { readonly email: string }): Promise<void> {
  const mails = (await app.mails(user.email)).filter(({ text }) => text.includes('/reset-password?token='));
  expect((await app.api.resetPassword(mails.at(-1)!.token, NEW_PASSWORD)).status).toBe(204);
}

/** Somebody with a factor whose account is at another address now, and administrators who were asked to reset the factor. */
async function resetAfterTakeover(): Promise<{
  readonly user: Enrolled;
  readonly link: string;
  readonly isOpen: () => Promise<boolean>;
}> {
  const user = await enrolledUser(app);
  await app.mailsSent();
  const link = await takenAway(user, (await app.mails(user.email)).length);
  const admin = await app.api.signedInUser();
  await app.sql.query(`UPDATE user_service.users SET roles = '{user,admin}', version = version + 1 WHERE id = $1`, [
    admin.userId,
  ]);
  const token = admin.accessToken;
  const reset = `/api/v1/admin/users/${user.userId}/reset-mfa`;
  const ask = async (): Promise<number> => (await app.api.call('POST', reset, { token })).status;
  await waitFor(async () => (await ask()) === 202, { what: 'the role to count' });
  return { user, link, isOpen: async () => (await app.api.get(reset, { token })).status === 200 };
}

describe('An account that a thief took to another address', () => {
  it('keeps its factor: the owner hears at the old address that administrators were talked into a reset, and stops it', async () => {
    const { user, isOpen } = await resetAfterTakeover();
    expect(await isOpen()).toBe(true);
    await app.mailsSent();

    const texts = (await app.mails(user.email)).map(({ text }) => text);
    const tokens = texts.flatMap((text) => /stop-mfa-reset\?token=([\w.-]+)/.exec(text)?.[1] ?? []);
    expect(tokens).toHaveLength(1);
    const stopped = await app.api.post('/api/v1/auth/mfa/reset/stop', { token: tokens[0] });
    expect(stopped.status).toBe(204);
    expect(await isOpen()).toBe(false);
  });

  it('comes back with its factor: a reset that administrators were talked into is over then', async () => {
    const { link, isOpen } = await resetAfterTakeover();
    expect((await undo(link)).status).toBe(204);

    expect(await isOpen()).toBe(false);
  });

  it('comes back without the factor that the thief added', async () => {
    const user = await app.api.signedInUser();
    const link = await takenAway(user, 1);
    const thief: Enrolled = { ...user, ...(await enrol(app, user)) };
    await app.mailsSent();
    const told = (await app.mails(user.email)).at(-1)!;
    expect(told.subject).toMatch(/second factor was added|2단계 인증 수단이 추가/);
    expect((await undo(link)).status).toBe(204);
    await app.mailsSent();
    await recover(user);

    const { body } = await app.api.login(user.email, NEW_PASSWORD);
    expect(body).toHaveProperty('accessToken');
    expect(body).not.toHaveProperty('mfaRequired');
    expectProblem(await app.api.login(user.email, PASSWORD), 401, 'invalid_credentials');
    expect(await eventsOf(app, 'mfa.totp_removed', thief)).toHaveLength(1);
    const rows = await app.sql.query(
      `SELECT user_id FROM user_service.recovery_codes WHERE user_id = $1
        UNION SELECT user_id FROM user_service.mfa_factors WHERE user_id = $1`,
      [user.userId],
    );
    expect(rows).toEqual([]);
  });

  it('comes back with the factor that its owner had before, and without recovery codes that the thief made', async () => {
    const user = await enrolledUser(app);
    await app.sql.query(
      `UPDATE user_service.mfa_factors SET confirmed_at = confirmed_at - interval '10 days' WHERE user_id = $1`,
      [user.userId],
    );
    const { accessToken: token } = user;
    await app.mailsSent();
    const link = await takenAway(user, (await app.mails(user.email)).length);
    const codes = await app.api.call('POST', '/api/v1/users/me/mfa/recovery-codes', { token });
    const [stolen] = codes.body['recoveryCodes'] as string[];
    expect((await undo(link)).status).toBe(204);
    await app.mailsSent();
    await recover(user);

    const mfaToken = await challenge(app, user.email, NEW_PASSWORD);
    expectProblem(await verify(app, mfaToken, stolen!, 'recovery_code'), 401, 'mfa_invalid');
    await freeSteps(app, user);
    expect((await verify(app, mfaToken, codeOf(user.secret))).status).toBe(200);
  });
});
