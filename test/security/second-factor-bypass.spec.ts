import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { PASSWORD, signedIn, type Answer, type SignedIn } from '../support/api-client.js';
import { expectInvalid, expectProblem, expectUnauthorized } from '../support/expectations.js';
import { decodeJwt, forgeJwt } from '../support/jwt.js';
import {
  challenge,
  enrol,
  enrolledUser,
  freeSteps,
  MFA,
  signInWith,
  TOTP,
  verify,
  VERIFY,
  type Enrolled,
  PATIENT,
} from '../support/mfa.js';
import { codeOf, wrongCodeOf } from '../support/oathtool.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const REAUTHENTICATE = '/api/v1/auth/reauthenticate';
const NEW_PASSWORD = 'acht Laternen am Hafen 17';

let app: TestApp;
let user: Enrolled;

beforeAll(async () => {
  app = await startTestApp(PATIENT);
});
afterAll(() => app.close());
beforeEach(async () => {
  user = await enrolledUser(app);
});

/** The token of a session as a thief finds it: good, but its user's last proof is hours old. */
function stolen({ accessToken }: SignedIn): string {
  const { header, claims } = decodeJwt(accessToken);
  const authTime = Math.floor(Date.now() / 1_000) - 7_200;
  return forgeJwt(header, { ...claims, auth_time: authTime }, app.env['JWT_SECRET']!);
}

describe('MF-03 The token between the two steps', () => {
  it('is good for nothing else', async () => {
    const mfaToken = await challenge(app, user.email);
    const calls: [string, string][] = [
      ['GET', '/api/v1/users/me'],
      ['GET', MFA],
      ['GET', '/api/v1/users/me/sessions'],
      ['POST', TOTP],
      ['DELETE', TOTP],
      ['POST', '/api/v1/auth/logout'],
      ['POST', REAUTHENTICATE],
    ];
    for (const [method, path] of calls) {
      expectUnauthorized(await app.api.call(method, path, { token: mfaToken }), 'token_invalid');
    }
    expectProblem(await app.api.refresh(mfaToken), 401, 'refresh_invalid');
    expectProblem(await app.api.verify(mfaToken), 400, 'token_invalid');
    expectProblem(await app.api.resetPassword(mfaToken, NEW_PASSWORD), 400, 'token_invalid');
    expect((await app.api.post('/api/v1/auth/mfa/reset/stop', { token: mfaToken })).status).toBe(400);

    // None of which has used it up.
    expect((await verify(app, mfaToken, codeOf(user.secret))).status).toBe(200);
  });

  it('cannot be anything else that the service has given out', async () => {
    const other = signedIn(await signInWith(app, user));
    await freeSteps(app, user);
    for (const token of [other.accessToken, other.refreshToken, 'usm_', `usm_${'A'.repeat(43)}`, '']) {
      const mfaToken = token.slice(0, 128);
      expectProblem(await verify(app, mfaToken, codeOf(user.secret)), 401, 'mfa_token_expired');
    }
  });

  it('opens no second session', async () => {
    const mfaToken = await challenge(app, user.email);
    expect((await verify(app, mfaToken, codeOf(user.secret))).status).toBe(200);
    await freeSteps(app, user);

    expectProblem(await verify(app, mfaToken, codeOf(user.secret)), 401, 'mfa_token_expired');
    expectProblem(await verify(app, mfaToken, user.recoveryCodes[0]!, 'recovery_code'), 401, 'mfa_token_expired');
  });

  it('is of no use on another device', async () => {
    const mfaToken = await challenge(app, user.email);
    const body = { mfaToken, method: 'totp', code: codeOf(user.secret) };

    const elsewhere = await app.api.post(VERIFY, body, { headers: { 'user-agent': 'somebody/else' } });
    expectProblem(elsewhere, 401, 'mfa_token_expired');
    expect((await app.api.post(VERIFY, body)).status).toBe(200);
  });

  it("takes no code of another user, nor another user's token a code of this one", async () => {
    const mallory = await enrolledUser(app);
    const code = codeOf(mallory.secret);

    expectProblem(await verify(app, await challenge(app, user.email), code), 401, 'mfa_invalid');
    expectProblem(
      await verify(app, await challenge(app, user.email), mallory.recoveryCodes[0]!, 'recovery_code'),
      401,
      'mfa_invalid',
    );
    expect((await verify(app, await challenge(app, mallory.email), code)).body).toMatchObject({
      user: { email: mallory.email },
    });
  });

  it('is nowhere to be read: not in the database, a log line, a mail or an event', async () => {
    const mfaToken = await challenge(app, user.email);
    const code = codeOf(user.secret);
    await verify(app, mfaToken, code);
    await verify(app, mfaToken, user.recoveryCodes[1]!, 'recovery_code');
    await app.mailsSent();
    const tables = ['mfa_challenges', 'mfa_factors', 'recovery_codes', 'mfa_attempts', 'outbox', 'sessions'];
    const rows = await Promise.all(
      tables.map((table) => app.sql.query<{ row: string }>(`SELECT t::text AS row FROM user_service.${table} t`)),
    );
    const places = [rows.flat().map(({ row }) => row), app.logText(), (await app.mails()).map(({ raw }) => raw)];

    for (const secret of [mfaToken, user.secret, user.recoveryCodes[1]!, PASSWORD]) {
      for (const place of places) expect(String(place)).not.toContain(secret);
    }
  });
});

describe('MF-09 A stolen session', () => {
  it.each([
    ['set up a factor', 'POST', TOTP],
    ['give up the factor', 'DELETE', TOTP],
    ['make recovery codes', 'POST', `${MFA}/recovery-codes`],
  ])('cannot %s', async (_what, method, path) => {
    const answer = await app.api.call(method, path, { token: stolen(user) });

    expectProblem(answer, 403, 'reauthentication_required');
    expect((await app.api.get(MFA, { token: user.accessToken })).body).toMatchObject({
      totp: { enabled: true },
      recoveryCodesLeft: 10,
    });
  });

  it('of somebody who has no factor yet cannot set one up, and so lock the owner out', async () => {
    const victim = await app.api.signedInUser();

    expectProblem(await app.api.call('POST', TOTP, { token: stolen(victim) }), 403, 'reauthentication_required');
    expect((await app.api.login(victim.email)).body).toHaveProperty('accessToken');
  });

  it('gets no fresh proof by the password alone, nor by a code alone', async () => {
    const token = stolen(user);
    const prove = (body: unknown): Promise<Answer> => app.api.post(REAUTHENTICATE, body, { token });

    for (const body of [{ password: PASSWORD }, { password: PASSWORD, code: '' }]) {
      expectProblem(await prove(body), 401, 'mfa_invalid');
    }
    expectProblem(await prove({ password: PASSWORD, code: wrongCodeOf(user.secret) }), 401, 'mfa_invalid');
    expectProblem(await prove({ password: 'guess', code: codeOf(user.secret) }), 401, 'invalid_credentials');
    expectInvalid(await prove({ code: codeOf(user.secret) }), '/password');
    expectInvalid(await prove({ password: PASSWORD, code: null }), '/code');

    // Both together are one: with them the factor may go.
    const { body } = await prove({ password: PASSWORD, code: codeOf(user.secret) });
    expect((await app.api.call('DELETE', TOTP, { token: String(body['accessToken']) })).status).toBe(204);
  });

  it('gets a fresh proof by a recovery code, once', async () => {
    const prove = (): Promise<Answer> =>
      app.api.post(REAUTHENTICATE, { password: PASSWORD, code: user.recoveryCodes[2] }, { token: user.accessToken });

    expect((await prove()).status).toBe(200);
    expectProblem(await prove(), 401, 'mfa_invalid');
  });

  it('that knew nothing of the factor is over, whatever its token says of itself', async () => {
    const victim = await app.api.signedInUser();
    const thief = await app.api.signIn(victim.email);
    await enrol(app, victim);
    const { header, claims } = decodeJwt(thief.accessToken);
    const raised = { ...claims, acr: '2', amr: ['pwd', 'otp', 'mfa'] };

    for (const token of [thief.accessToken, forgeJwt(header, raised, app.env['JWT_SECRET']!)]) {
      expectUnauthorized(await app.api.me(token), 'session_revoked');
    }
  });

  it('cannot use an answer that holds the secret, by repeating the key of the call', async () => {
    const victim = await app.api.signedInUser();
    const headers = { 'idempotency-key': 'the-same-key-for-all' };
    const own = await app.api.call('POST', TOTP, { token: victim.accessToken, headers });
    const mallory = await app.api.signedInUser();
    const other = await app.api.call('POST', TOTP, { token: mallory.accessToken, headers });

    expect(other.status).toBe(201);
    expect(other.body['secret']).not.toBe(own.body['secret']);
  });
});

describe('Leaving the second factor out', () => {
  it.each([
    ['no code', { method: 'totp' }],
    ['no method', { code: '123456' }],
    ['null', { method: 'totp', code: null }],
    ['a list of codes', { method: 'totp', code: ['000000', '111111'] }],
    ['an object', { method: 'totp', code: { $ne: '' } }],
    ['a method that there is not', { method: 'none', code: '123456' }],
    ['the password as a method', { method: 'pwd', code: PASSWORD }],
    ['that it is not required', { method: 'totp', code: '123456', mfaRequired: false }],
  ])('by sending %s opens nothing', async (_what, body) => {
    const mfaToken = await challenge(app, user.email);

    expect((await app.api.post(VERIFY, { mfaToken, ...body })).body['code']).toBe('validation_failed');
  });

  it.each([
    ['nothing', ''],
    ['digits of another script', '１２３４５６'],
    ['too many digits', '0000000'],
    ['a number that is none', '1e5 00'],
    ['a wildcard', '%%%%%%'],
    ['a control character', '12345\t'],
  ])('by sending %s as the code opens nothing', async (_what, code) => {
    expectProblem(await verify(app, await challenge(app, user.email), code), 401, 'mfa_invalid');
  });

  it('by naming another method than the code is of opens nothing', async () => {
    const mfaToken = await challenge(app, user.email);

    expectProblem(await verify(app, mfaToken, codeOf(user.secret), 'recovery_code'), 401, 'mfa_invalid');
    expectProblem(await verify(app, mfaToken, user.recoveryCodes[0]!), 401, 'mfa_invalid');
    const credential = { id: 'x', type: 'public-key', response: {} };
    const passkey = await app.api.post(VERIFY, { mfaToken, method: 'passkey', credential });
    // What is no answer of a browser is not even looked at.
    expect([400, 401]).toContain(passkey.status);
    expect(passkey.body).not.toHaveProperty('accessToken');
  });

  it('by asking for it at sign-in is refused', async () => {
    for (const more of [{ mfaRequired: false }, { code: '000000' }, { method: 'pwd' }]) {
      expect((await app.api.login(user.email, PASSWORD, more)).body['code']).toBe('validation_failed');
    }
  });

  it('MF-08 by a new password over the mail opens nothing: the factor stays', async () => {
    const before = await challenge(app, user.email);
    await app.api.forgot(user.email);
    const { token } = await app.mail(user.email, 3);
    const reset = await app.api.resetPassword(token, NEW_PASSWORD);
    expect([reset.status, reset.text]).toEqual([204, '']);

    expectProblem(await verify(app, before, codeOf(user.secret)), 401, 'mfa_token_expired');
    const { body } = await app.api.login(user.email, NEW_PASSWORD);
    expect(body).toMatchObject({ mfaRequired: true });
    expect(body).not.toHaveProperty('accessToken');
    expect((await verify(app, String(body['mfaToken']), codeOf(user.secret))).status).toBe(200);
  });

  it('is of no use to whoever lacks the password: they learn nothing and lock nobody', async () => {
    const plain = await app.api.verifiedUser();
    const answers = [await app.api.login(user.email, 'guess'), await app.api.login(plain, 'guess')];
    expect(answers.map(({ status, body }) => [status, body['code']])).toEqual([
      [401, 'invalid_credentials'],
      [401, 'invalid_credentials'],
    ]);
    for (let n = 0; n < 10; n += 1) await verify(app, `usm_${String(n).repeat(43)}`, '000000');

    expect((await signInWith(app, user)).status).toBe(200);
  });
});
