import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { SignedIn } from '../support/api-client.js';
import { runCli } from '../support/api-keys.js';
import { expectProblem, expectUnauthorized } from '../support/expectations.js';
import { auditTypes, endReason } from '../support/session-facts.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let user: SignedIn;
let email: string;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  ({ email } = await app.api.signedInUser());
  user = await app.api.signIn(email, undefined, { deviceName: 'Galaxy' });
});

const sealOff = async (): Promise<void> => {
  await app.sql.query(`UPDATE user_service.sessions SET device = '\\x00', ip_enc = '\\x00' WHERE user_id = $1`, [
    user.userId,
  ]);
};
const loseKey = async (): Promise<void> => {
  await app.sql.query(`DELETE FROM user_service.user_keys WHERE user_id = $1`, [user.userId]);
};

describe.each([
  ['device and address are damaged', sealOff],
  ["owner's key is gone", loseKey],
])('SE-12 A session whose %s', (_what, damage) => {
  it('ends when its owner signs out', async () => {
    await damage();

    expect((await app.api.logout(user.accessToken)).status).toBe(204);
    expect(await endReason(app, user.sessionId)).toBe('logout');
  });

  it('ends at the wish of an operator, with those of everybody else', async () => {
    const other = await app.api.signedInUser();
    await damage();

    expect(runCli(app, 'revoke-sessions', '--all', '--yes')).toMatchObject({ status: 0, err: '' });
    expect(await endReason(app, user.sessionId)).toBe('operator');
    expect(await endReason(app, other.sessionId)).toBe('operator');
  });

  it.each([
    ['id', () => ['--user', user.userId]],
    ['address', () => ['--email', email]],
  ])('ends when an operator names its owner by %s', async (_by, args) => {
    await damage();

    expect(runCli(app, 'revoke-sessions', ...args())).toEqual({ status: 0, out: '2\n', err: '' });
    expect(await endReason(app, user.sessionId)).toBe('operator');
  });

  it('ends when a spent refresh token comes back', async () => {
    const second = await app.api.refresh(user.refreshToken);
    await app.api.refresh(String(second.body['refreshToken']));
    await damage();

    expectProblem(await app.api.refresh(user.refreshToken), 401, 'refresh_reused');
    expect(await endReason(app, user.sessionId)).toBe('refresh_reuse');
    expect(await auditTypes(app, user.sessionId)).toContain('session.refresh_reuse_detected');
    expectUnauthorized(await app.api.me(user.accessToken), 'session_revoked');
  });
});

it('SE-03 the mail about a session names what can still be read of its device', async () => {
  const second = await app.api.refresh(user.refreshToken);
  await app.api.refresh(String(second.body['refreshToken']));
  await app.mailsSent();
  const before = (await app.mails(email)).length;
  await sealOff();

  expectProblem(await app.api.refresh(user.refreshToken), 401, 'refresh_reused');
  const mail = await app.mail(email, before + 1);
  expect(mail.text).not.toContain('Galaxy');
});
