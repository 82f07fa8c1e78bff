import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, PASSWORD, signedIn, type Answer } from '../support/api-client.js';
import { expectInvalid, expectProblem, expectTokens, expectUnauthorized, UUID_V7 } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const KOREAN = { headers: { 'accept-language': 'ko' } };

let app: TestApp;

/** Without what differs from answer to answer. */
function comparable({ status, headers, body }: Answer): object {
  const { instance: _id, ...rest } = body;
  const fixed = Object.fromEntries([...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)));
  return { status, headers: fixed, body: rest };
}

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(async () => {
  await app.close();
});

describe('Signing in', () => {
  it('answers the tokens of api.md and nothing else', async () => {
    const email = await app.api.verifiedUser({ displayName: '김민지' });

    const answer = await app.api.login(email);

    expectTokens(answer);
    expect(answer.body).toMatchObject({
      refreshExpiresIn: 2_592_000,
      sessionId: expect.stringMatching(UUID_V7),
      user: { id: expect.stringMatching(UUID_V7), email, displayName: '김민지', roles: ['user'] },
    });
    expect(answer.text).not.toMatch(/argon2|epoch|hash|secret/i);
  });

  it('takes a device name and rememberMe, and checks them', async () => {
    const email = await app.api.verifiedUser();

    const { sessionId } = await app.api.signIn(email, PASSWORD, { deviceName: '민지의 노트북', rememberMe: true });

    const [session] = await app.sql.query('SELECT remember_me, device FROM user_service.sessions WHERE id = $1', [
      sessionId,
    ]);
    expect(session).toMatchObject({ remember_me: true, device: expect.any(Buffer) });
    for (const deviceName of ['', 'a'.repeat(101), 'a\nb', 7, null]) {
      expectInvalid(await app.api.login(email, PASSWORD, { deviceName }), '/deviceName');
    }
    for (const rememberMe of ['yes', 1, null]) {
      expectInvalid(await app.api.login(email, PASSWORD, { rememberMe }), '/rememberMe');
    }
    expectInvalid(await app.api.login(email, PASSWORD, { mfaToken: 'x' }), '/mfaToken');
  });

  it('answers unknown, wrong, disabled and unverified alike', async () => {
    const [known, disabled, unverified] = [await app.api.verifiedUser(), await app.api.verifiedUser(), freshEmail()];
    const { userId } = await app.api.signIn(disabled);
    await app.sql.query(`UPDATE user_service.users SET status = 'disabled' WHERE id = $1`, [userId]);
    await app.api.register(unverified);

    const answers = [
      await app.api.login(freshEmail(), 'wrong password number 1'),
      await app.api.login(known, 'wrong password number 2'),
      await app.api.login(disabled, 'wrong password number 3'),
      await app.api.login(disabled),
      await app.api.login(unverified, 'wrong password number 4'),
      await app.api.login('not an address', 'wrong password number 5'),
    ];

    for (const answer of answers) {
      expectProblem(answer, 401, 'invalid_credentials');
      expect(answer.headers.get('www-authenticate')).toBeNull();
      expect(comparable(answer)).toEqual(comparable(answers[0]!));
    }
    expectProblem(await app.api.login(known, 'wrong password number 6', {}, KOREAN), 401, 'invalid_credentials');
  });

  it('ends what a disabled account may do by refresh at once', async () => {
    const { userId, refreshToken } = await app.api.signedInUser();

    await app.sql.query(`UPDATE user_service.users SET status = 'disabled' WHERE id = $1`, [userId]);

    expectProblem(await app.api.refresh(refreshToken), 401, 'refresh_invalid');
  });
});

describe('LG-09 A sign-in always makes a new session', () => {
  it('whatever session the client brings along', async () => {
    const email = await app.api.verifiedUser();
    const first = await app.api.signIn(email);
    const bring = {
      headers: {
        cookie: `sid=${first.sessionId}; session=${first.sessionId}`,
        'x-session-id': first.sessionId,
        authorization: `Bearer ${first.accessToken}`,
      },
    };

    const second = signedIn(await app.api.login(email, PASSWORD, {}, bring));

    expect(second.sessionId).not.toBe(first.sessionId);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    for (const name of ['sid', 'sessionId', 'session']) {
      expectInvalid(await app.api.login(email, PASSWORD, { [name]: first.sessionId }), `/${name}`);
    }
    const answer = await app.api.login(email, PASSWORD);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });
});

describe('LG-10 Credentials travel in bodies and headers only', () => {
  it('a sign-in by query finds no such method, and leaves no secret in the log', async () => {
    const email = await app.api.verifiedUser();
    const secrets = ['canary-query-password-1', 'canary-query-token-1'];
    const query = `email=${encodeURIComponent(email)}&password=${secrets[0]}`;

    const byGet = await app.api.get(`/api/v1/auth/login?${query}`);
    const byPost = await app.api.post(`/api/v1/auth/login?${query}`, {});
    const refresh = await app.api.get(`/api/v1/auth/refresh?refreshToken=${secrets[1]}`);
    const bearer = await app.api.get(`/api/v1/users/me?access_token=${secrets[1]}`);

    expectProblem(byGet, 405, 'method_not_allowed');
    expect(byGet.headers.get('allow')?.split(', ')).toContain('POST');
    expectInvalid(byPost, '/email', '/password');
    expectProblem(refresh, 405, 'method_not_allowed');
    expectUnauthorized(bearer, 'token_missing');
    const log = app.logText();
    for (const secret of [...secrets, email, encodeURIComponent(email)]) expect(log).not.toContain(secret);
  });
});
