import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { PASSWORD, type Answer, type ApiClient } from '../support/api-client.js';
import { expectMembers, expectProblem } from '../support/expectations.js';
import { decodeJwt } from '../support/jwt.js';
import { challenge, enrolledUser, eventsOf, freeSteps, MFA, VERIFY, type Enrolled } from '../support/mfa.js';
import { codeOf } from '../support/oathtool.js';
import { PasskeyClient } from '../support/passkeys.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const TRUSTED = `${MFA}/trusted-devices`;

let app: TestApp;
let user: Enrolled;
/** Of the session that proved a code and asked for trust. */
let device: string;
let token: string;

beforeAll(async () => {
  app = await startTestApp({ MFA_REMEMBER_DEVICE_DAYS: '30', MFA_REQUIRED_ROLES: 'admin' });
});
afterAll(() => app.close());

beforeEach(async () => {
  user = await enrolledUser(app);
  const answer = await remember(codeOf(user.secret));
  device = String(answer.headers.get('x-device-token'));
  token = String(answer.body['accessToken']);
});

/** The second step, with the wish not to be asked again. */
async function remember(code: string, method = 'totp'): Promise<Answer> {
  const mfaToken = await challenge(app, user.email);
  const answer = await app.api.post(VERIFY, { mfaToken, method, code, rememberDevice: true });
  expect(answer.status).toBe(200);
  return answer;
}

function signIn(email = user.email, deviceToken = device, api: ApiClient = app.api): Promise<Answer> {
  return api.login(email, PASSWORD, {}, { headers: { 'x-device-token': deviceToken } });
}

async function mailed(what: RegExp): Promise<string> {
  const find = async (): Promise<string | undefined> =>
    (await app.mails(user.email)).find(({ text }) => what.test(text))?.text;
  return waitFor(find, { what: `the mail ${String(what)}` });
}

async function isTrusted(answer = signIn()): Promise<boolean> {
  const { status, body } = await answer;
  expect(status).toBe(200);
  return body['mfaRequired'] !== true;
}

describe('MF-03 A device that is trusted', () => {
  it('is let in with the password, and the session says that nothing else was proven', async () => {
    const answer = await signIn();

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-device-token')).toBe(device);
    const accessToken = String(answer.body['accessToken']);
    expect(decodeJwt(accessToken).claims).toMatchObject({ amr: ['pwd'], acr: '1' });
    const renew = app.api.call('POST', `${MFA}/recovery-codes`, { token: accessToken });
    expectProblem(await renew, 403, 'reauthentication_required');
  });

  it('SE-15 is no more than that after a refresh either, whatever was proven elsewhere', async () => {
    const opened = await signIn();
    await freeSteps(app, user);
    await remember(codeOf(user.secret));
    const refreshed = await app.api.refresh(String(opened.body['refreshToken']));

    const [before, after] = [opened, refreshed].map(({ body }) => decodeJwt(String(body['accessToken'])).claims);
    expect(after).toMatchObject({ amr: ['pwd'], acr: '1', auth_time: before!['auth_time'] });
  });

  it('is this one, of this user: not another one, and not for another user', async () => {
    expect(await isTrusted(app.api.login(user.email))).toBe(false);
    expect(await isTrusted(signIn(user.email, `usd_${'A'.repeat(43)}`))).toBe(false);
    const other = await enrolledUser(app);
    expect(await isTrusted(signIn(other.email))).toBe(false);
    expectProblem(
      await app.api.login(user.email, 'not the password', {}, { headers: { 'x-device-token': device } }),
      401,
      'invalid_credentials',
    );
    expect(await isTrusted()).toBe(true);
  });

  it('is listed, and asked again once its owner has forgotten it', async () => {
    const { body } = await app.api.get(TRUSTED, { token });
    const [item] = body['items'] as Record<string, unknown>[];
    expect(body).toMatchObject({ items: [expect.anything()], nextCursor: null });
    expectMembers(item, ['id', 'deviceName', 'createdAt', 'lastUsedAt', 'expiresAt']);
    const days = (Date.parse(String(item!['expiresAt'])) - Date.parse(String(item!['createdAt']))) / 86_400_000;
    expect(days).toBe(30);

    const one = `${TRUSTED}/${String(item!['id'])}`;
    const stranger = await app.api.signedInUser();
    expectProblem(await app.api.call('DELETE', one, { token: stranger.accessToken }), 404, 'not_found');
    expect(await isTrusted()).toBe(true);
    expect((await app.api.call('DELETE', one, { token })).status).toBe(204);
    expectProblem(await app.api.call('DELETE', one, { token }), 404, 'not_found');
    expect(await isTrusted()).toBe(false);
    expect(await eventsOf(app, 'mfa.device_trusted', user)).toHaveLength(1);
    expect(await eventsOf(app, 'mfa.device_trust_ended', user)).toMatchObject([{ details: { reason: 'owner' } }]);
  });

  it('MF-12 is told to its owner, in their language, with its name and the way back', async () => {
    expect(await mailed(/your password alone signs in on it/)).toMatch(/there again: \S/);

    expect((await app.api.patchMe(token, { locale: 'ko' })).status).toBe(200);
    await freeSteps(app, user);
    await remember(codeOf(user.secret));
    expect(await mailed(/비밀번호만으로 로그인할 수 있습니다/)).toContain('계정 설정에서 해제');
  });

  it('may be forgotten together with all others', async () => {
    expect((await app.api.call('DELETE', TRUSTED, { token })).status).toBe(204);
    expect((await app.api.call('DELETE', TRUSTED, { token })).status).toBe(204);

    expect(await isTrusted()).toBe(false);
    expect((await app.api.get(TRUSTED, { token })).body['items']).toEqual([]);
  });

  it('is asked again after its days', async () => {
    await app.sql.query(`UPDATE user_service.mfa_trusted_devices SET expires_at = now()`);

    expect(await isTrusted()).toBe(false);
  });

  it('MF-08 is asked again after another password, and whatever else raises the epoch', async () => {
    await app.sql.query('UPDATE user_service.users SET security_epoch = security_epoch + 1, version = version + 1');

    expect(await isTrusted()).toBe(false);
  });

  it('is asked again once its days are fewer: the list says so, and none is left without any', async () => {
    await app.sql.query(`UPDATE user_service.mfa_trusted_devices SET created_at = created_at - interval '3 days'`);
    const fewer = await startTestApp({ MFA_REMEMBER_DEVICE_DAYS: '4' }, app);
    const tooFew = await startTestApp({ MFA_REMEMBER_DEVICE_DAYS: '3' }, app);
    const none = await startTestApp({ MFA_REMEMBER_DEVICE_DAYS: '0' }, app);
    const listOf = async ({ api }: TestApp): Promise<unknown> => (await api.get(TRUSTED, { token })).body['items'];
    try {
      const [item] = (await listOf(fewer)) as Record<string, string>[];
      expect(Date.parse(item!['expiresAt']!) - Date.parse(item!['createdAt']!)).toBe(4 * 86_400_000);
      expect(await isTrusted(signIn(user.email, device, fewer.api))).toBe(true);
      for (const { api } of [tooFew, none]) expect(await isTrusted(signIn(user.email, device, api))).toBe(false);
      expect([await listOf(tooFew), await listOf(none)]).toEqual([[], []]);
    } finally {
      for (const other of [fewer, tooFew, none]) await other.close();
    }
    expect(await isTrusted()).toBe(true);
  });

  it('is trusted together with its session, or not at all', async () => {
    await freeSteps(app, user);
    const mfaToken = await challenge(app, user.email);
    const sessions = (): Promise<unknown[]> =>
      app.sql.query('SELECT id FROM user_service.sessions WHERE user_id = $1', [user.userId]);
    const before = await sessions();
    await app.sql.query('BEGIN');
    await app.sql.query('LOCK TABLE user_service.mfa_trusted_devices IN SHARE MODE');
    const proof = { mfaToken, method: 'totp', code: codeOf(user.secret), rememberDevice: true };
    const answer = app.api.post(VERIFY, proof);
    try {
      const isWaiting = async (): Promise<boolean> => {
        const rows = await app.sql.query(
          `SELECT 1 FROM pg_locks WHERE relation = 'user_service.mfa_trusted_devices'::regclass AND NOT granted`,
        );
        return rows.length > 0;
      };
      await waitFor(isWaiting, { what: 'the trust to wait' });
      expect(await sessions()).toEqual(before);
    } finally {
      await app.sql.query('COMMIT');
    }
    expect((await answer).status).toBe(200);
  });

  it('is asked again once a factor is added, in the same transaction', async () => {
    expect((await new PasskeyClient(app.api).register({ accessToken: token })).status).toBe(201);

    expect(await isTrusted()).toBe(false);
    expect(await eventsOf(app, 'mfa.device_trust_ended', user)).toMatchObject([
      { details: { devices: 1, reason: 'factors_changed' } },
    ]);
  });

  it('is none where a recovery code was needed, and none from before that', async () => {
    const [code] = user.recoveryCodes;
    const answer = await remember(String(code), 'recovery_code');

    expect(await isTrusted(signIn(user.email, String(answer.headers.get('x-device-token'))))).toBe(false);
    expect(await isTrusted()).toBe(false);
  });

  it('MF-11 is none for an administrator', async () => {
    await app.sql.query(`UPDATE user_service.users SET roles = '{user,admin}', version = version + 1 WHERE id = $1`, [
      user.userId,
    ]);

    expect(await isTrusted()).toBe(false);
  });

  it('is none unless the service allows it, whatever was allowed before', async () => {
    const strict = await startTestApp({ MFA_REMEMBER_DEVICE_DAYS: '0' }, app);
    try {
      expect(await isTrusted(signIn(user.email, device, strict.api))).toBe(false);
      await freeSteps(app, user);
      const mfaToken = await challenge(strict, user.email);
      const proof = { mfaToken, method: 'totp', code: codeOf(user.secret), rememberDevice: true };
      const answer = await strict.api.post(VERIFY, proof);
      expect(answer.status).toBe(200);
      const other = String(answer.headers.get('x-device-token'));
      expect(await isTrusted(signIn(user.email, other))).toBe(false);
    } finally {
      await strict.close();
    }
  });

  it('is stored by nothing that could be sent in its place, or that tells who made it', async () => {
    const rows = await app.sql.query<{ row: string }>('SELECT t::text AS row FROM user_service.mfa_trusted_devices t');
    const text = rows.map(({ row }) => row).join('\n');

    expect(text).not.toContain(device);
    expect(text).not.toContain(Buffer.from(device).toString('hex'));
    expect(text).not.toMatch(/node|undici/i);
  });
});
