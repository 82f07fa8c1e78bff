import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { SignedIn } from '../support/api-client.js';
import {
  expectInvalid,
  expectMembers,
  expectProblem,
  expectUnauthorized,
  PROFILE_MEMBERS,
} from '../support/expectations.js';
import { enrol, enrolledUser, eventsOf, freeSteps, MFA, signInWith, TOTP, PATIENT } from '../support/mfa.js';
import { codeOf, wrongCodeOf } from '../support/oathtool.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const CODES = `${MFA}/recovery-codes`;
const BASE32 = /^[A-Z2-7]{32}$/;

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ ...PATIENT, MFA_ISSUER: 'Tea & Co: 한글' });
});
afterAll(() => app.close());

const begin = async ({ accessToken: token }: SignedIn, headers = {}): Promise<Record<string, unknown>> =>
  (await app.api.call('POST', TOTP, { token, headers })).body;
const status = async ({ accessToken: token }: SignedIn): Promise<unknown> => (await app.api.get(MFA, { token })).body;

describe('What I can prove a second factor by', () => {
  it('is nothing at first', async () => {
    const { accessToken } = await app.api.signedInUser();
    const answer = await app.api.get(MFA, { token: accessToken });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({ totp: { enabled: false }, passkeys: [], recoveryCodesLeft: 0 });
  });

  it('is told to nobody else', async () => {
    expectUnauthorized(await app.api.get(MFA), 'token_missing');
  });
});

describe('MF-01 The secret for an authenticator app', () => {
  it('has 160 bits, and comes as text, as a link and as a picture', async () => {
    const user = await app.api.signedInUser();
    const answer = await app.api.call('POST', TOTP, { token: user.accessToken });

    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expectMembers(answer.body, ['secret', 'otpauthUrl', 'qrCode']);
    const { secret, otpauthUrl, qrCode } = answer.body as Record<string, string>;
    expect(secret).toMatch(BASE32);
    const url = new URL(otpauthUrl!);
    expect([url.protocol, url.host]).toEqual(['otpauth:', 'totp']);
    expect(decodeURIComponent(url.pathname.slice(1))).toBe(`Tea & Co: 한글:${user.email}`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      secret,
      issuer: 'Tea & Co: 한글',
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
    expect(otpauthUrl).not.toContain('&%20');
    const [type, picture] = qrCode!.split(',');
    expect(type).toBe('data:image/svg+xml;base64');
    expect(Buffer.from(picture!, 'base64').toString()).toMatch(/^<svg [^]*<\/svg>\s*$/);
  });

  it('is another one each time', async () => {
    const user = await app.api.signedInUser();
    const secrets = new Set([await begin(user), await begin(user)].map(({ secret }) => secret));

    expect(secrets.size).toBe(2);
  });

  it('MF-10 is sealed in the database, and never shown again', async () => {
    const user = await enrolledUser(app);
    const [row] = await app.sql.query<{ all: string }>(
      `SELECT encode(secret_enc, 'escape') || f::text AS all FROM user_service.mfa_factors f WHERE user_id = $1`,
      [user.userId],
    );

    expect(row!.all).not.toContain(user.secret);
    expect(row!.all).not.toContain(Buffer.from(user.secret).toString('hex'));
    expect(JSON.stringify(await status(user))).not.toContain(user.secret);
    expect(app.logText()).not.toContain(user.secret);
  });
});

describe('MF-02 Setting up an authenticator app', () => {
  it('changes nothing until a code of it comes back', async () => {
    const user = await app.api.signedInUser();
    const { secret } = await begin(user);
    const wrong = { code: wrongCodeOf(String(secret)) };
    const refused = await app.api.post(`${TOTP}/confirm`, wrong, { token: user.accessToken });

    expectProblem(refused, 422, 'mfa_invalid');
    expect(await status(user)).toEqual({ totp: { enabled: false }, passkeys: [], recoveryCodesLeft: 0 });
    expect((await app.api.login(user.email)).body).toHaveProperty('accessToken');
  });

  it('is done with the first code: ten recovery codes, a profile that says so, an event and a mail', async () => {
    const user = await app.api.signedInUser();
    const before = await app.api.me(user.accessToken);
    expect(before.body).toMatchObject({ mfaEnabled: false });
    const { recoveryCodes } = await enrol(app, user);

    expect(new Set(recoveryCodes).size).toBe(10);
    for (const code of recoveryCodes) expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(await status(user)).toEqual({ totp: { enabled: true }, passkeys: [], recoveryCodesLeft: 10 });
    const after = await app.api.me(user.accessToken);
    expectMembers(after.body, PROFILE_MEMBERS);
    expect(after.body).toMatchObject({ mfaEnabled: true });
    expect(after.headers.get('etag')).not.toBe(before.headers.get('etag'));
    expect(await eventsOf(app, 'mfa.totp_enrolled', user)).toHaveLength(1);
    expect(await eventsOf(app, 'mfa.totp_confirmed', user)).toMatchObject([
      { outcome: 'success', actor: { type: 'user', id: user.userId, sessionId: user.sessionId } },
    ]);
    expect((await app.mail(user.email, 2)).subject).toMatch(/second factor was added|2단계 인증 수단이 추가/);
  });

  it('is known to another instance within a second', async () => {
    const other = await startTestApp({}, app);
    try {
      const user = await app.api.signedInUser();
      expect((await other.api.me(user.accessToken)).body).toMatchObject({ mfaEnabled: false });
      await enrol(app, user);
      const done = performance.now();
      const isKnown = async (): Promise<boolean> => (await other.api.me(user.accessToken)).body['mfaEnabled'] === true;
      await waitFor(isKnown, { timeoutMs: 3_000 });

      expect(performance.now() - done).toBeLessThan(1_500);
    } finally {
      await other.close();
    }
  });

  it('may begin again: the secret from before is void', async () => {
    const user = await app.api.signedInUser();
    const first = await begin(user);
    const second = await begin(user);
    const confirm = (secret: unknown): Promise<{ status: number }> =>
      app.api.post(`${TOTP}/confirm`, { code: codeOf(String(secret)) }, { token: user.accessToken });

    expect((await confirm(first['secret'])).status).toBe(422);
    expect((await confirm(second['secret'])).status).toBe(200);
  });

  it('gives the same secret again to a call that is repeated with its idempotency key, until it is confirmed', async () => {
    const user = await app.api.signedInUser();
    const headers = { 'idempotency-key': 'an-enrolment-1' };
    const first = await begin(user, headers);
    expect(await begin(user, headers)).toEqual(first);
    const code = codeOf(String(first['secret']));
    expect((await app.api.post(`${TOTP}/confirm`, { code }, { token: user.accessToken })).status).toBe(200);

    // MF-10: the secret is not shown again after that.
    const again = await app.api.call('POST', TOTP, { token: user.accessToken, headers });
    expectProblem(again, 409, 'mfa_already_enabled');
  });

  it('is refused while there is an app, and when nothing or nothing any more waits to be confirmed', async () => {
    const user = await app.api.signedInUser();
    const confirm = (code: string): ReturnType<TestApp['api']['post']> =>
      app.api.post(`${TOTP}/confirm`, { code }, { token: user.accessToken });
    expectProblem(await confirm('123456'), 409, 'mfa_enrolment_missing');

    const { secret } = await begin(user);
    await app.sql.query(
      `UPDATE user_service.mfa_factors SET created_at = created_at - interval '16 minutes' WHERE user_id = $1`,
      [user.userId],
    );
    expectProblem(await confirm(codeOf(String(secret))), 409, 'mfa_enrolment_missing');

    await enrol(app, user);
    expectProblem(await app.api.call('POST', TOTP, { token: user.accessToken }), 409, 'mfa_already_enabled');
    expectProblem(await confirm('123456'), 409, 'mfa_already_enabled');
  });

  it.each([
    [{}, '/code'],
    [{ code: 123456 }, '/code'],
    [{ code: 'x'.repeat(65) }, '/code'],
    [{ code: '123456', secret: 'x' }, '/secret'],
  ])('refuses the body %j', async (body, pointer) => {
    const { accessToken } = await app.api.signedInUser();

    expectInvalid(await app.api.post(`${TOTP}/confirm`, body, { token: accessToken }), pointer);
  });

  it('ends every session that knew nothing of it, and raises the one in which it was done', async () => {
    const user = await app.api.signedInUser();
    const other = await app.api.signIn(user.email);
    await enrol(app, user);

    expectUnauthorized(await app.api.me(other.accessToken), 'session_revoked');
    expectProblem(await app.api.refresh(other.refreshToken), 401, 'refresh_invalid');
    expect((await app.api.me(user.accessToken)).status).toBe(200);
    expect((await app.api.call('POST', CODES, { token: user.accessToken })).status).toBe(200);
    expect(await eventsOf(app, 'session.revoked', user)).toMatchObject([{ details: { reason: 'mfa_enabled' } }]);
  });
});

describe('MF-09 Giving up the authenticator app', () => {
  it('makes the password enough again, takes the recovery codes along, and tells the owner', async () => {
    const user = await enrolledUser(app);
    const { accessToken: token } = user;
    expect((await app.api.call('DELETE', TOTP, { token })).status).toBe(204);

    expect(await status(user)).toEqual({ totp: { enabled: false }, passkeys: [], recoveryCodesLeft: 0 });
    expect((await app.api.me(token)).body).toMatchObject({ mfaEnabled: false });
    expect((await app.api.login(user.email)).body).toHaveProperty('accessToken');
    expect(await eventsOf(app, 'mfa.totp_removed', user)).toHaveLength(1);
    await app.mailsSent();
    // The mail about the sign-in may be there as well by now.
    const subjects = (await app.mails(user.email)).map(({ subject }) => subject);
    expect(subjects.filter((subject) => /removed|해제/.test(subject))).toHaveLength(1);
    expectProblem(await app.api.call('DELETE', TOTP, { token }), 404, 'not_found');
  });

  it('also gives up a secret that waits to be confirmed', async () => {
    const user = await app.api.signedInUser();
    await begin(user);

    expect((await app.api.call('DELETE', TOTP, { token: user.accessToken })).status).toBe(204);
    expectProblem(
      await app.api.post(`${TOTP}/confirm`, { code: '123456' }, { token: user.accessToken }),
      409,
      'mfa_enrolment_missing',
    );
  });

  it('can be followed by another app', async () => {
    const user = await enrolledUser(app);
    await app.api.call('DELETE', TOTP, { token: user.accessToken });
    const fresh = await enrol(app, user);

    await freeSteps(app, user);
    expect((await signInWith(app, { ...user, ...fresh })).status).toBe(200);
    expect(fresh.secret).not.toBe(user.secret);
  });
});
