import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, type SignedIn } from '../support/api-client.js';
import { challenge, enrol, enrolledUser, eventsOf, freeSteps, MFA } from '../support/mfa.js';
import { mailWithLink } from '../support/mails.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const NEW_PASSWORD = 'neun Quitten rollen bergab 71';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

/** Asks for another address and proves it; returns the link that takes it back. */
async function changeAddress(user: SignedIn & { readonly email: string }): Promise<string> {
  const to = freshEmail();
  await app.api.post('/api/v1/users/me/email', { newEmail: to }, { token: user.accessToken });
  const { token } = await mailWithLink(app, user.email, 'undo-email-change');
  await app.api.verify((await mailWithLink(app, to, 'change-email')).token);
  return token;
}

/** Sets a new password by the newest link. */
async function setPassword(email: string): Promise<void> {
  await app.mailsSent();
  const mails = (await app.mails(email)).filter(({ text }) => text.includes('/reset-password?'));
  expect((await app.api.resetPassword(mails.at(-1)!.token, NEW_PASSWORD)).status).toBe(204);
}

describe('RC-04 A new password leaves the second factor as it is', () => {
  it('which is asked for at the next sign-in', async () => {
    const user = await enrolledUser(app);
    await app.api.forgot(user.email);
    await setPassword(user.email);

    await freeSteps(app, user);
    expect((await app.api.login(user.email, NEW_PASSWORD)).body).toMatchObject({ mfaRequired: true });
    expect(await challenge(app, user.email, NEW_PASSWORD)).not.toBe('');
    const factors = await app.sql.query('SELECT 1 FROM user_service.mfa_factors WHERE user_id = $1', [user.userId]);
    expect(factors).toHaveLength(1);
  });
});

describe('RC-06 Taking a change of address back', () => {
  it('takes the factors of whoever made it away: they neither let them in nor keep the owner out', async () => {
    const user = await app.api.signedInUser();
    const undo = await changeAddress(user);
    await enrol(app, user);

    expect((await app.api.post('/api/v1/auth/email/undo', { token: undo })).status).toBe(204);

    for (const table of ['mfa_factors', 'recovery_codes', 'mfa_challenges']) {
      expect(await app.sql.query(`SELECT 1 FROM user_service.${table} WHERE user_id = $1`, [user.userId])).toEqual([]);
    }
    expect(await eventsOf(app, 'mfa.totp_removed', user)).toHaveLength(1);
    await setPassword(user.email);
    const back = await app.api.signIn(user.email, NEW_PASSWORD);
    expect((await app.api.get(MFA, { token: back.accessToken })).body).toMatchObject({ totp: { enabled: false } });
  });

  it('leaves the owner those from before', async () => {
    const user = await enrolledUser(app);
    const undo = await changeAddress(user);

    expect((await app.api.post('/api/v1/auth/email/undo', { token: undo })).status).toBe(204);

    await setPassword(user.email);
    expect((await app.api.login(user.email, NEW_PASSWORD)).body).toMatchObject({ mfaRequired: true });
    await freeSteps(app, user);
    expect(
      await app.sql.query('SELECT 1 FROM user_service.recovery_codes WHERE user_id = $1', [user.userId]),
    ).toHaveLength(10);
  });
});
