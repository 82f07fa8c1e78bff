import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { PASSWORD, signedIn, type Answer } from '../support/api-client.js';
import { expectInvalid, expectMembers, expectProblem, expectTokens } from '../support/expectations.js';
import { decodeJwt } from '../support/jwt.js';
import {
  challenge,
  enrolledUser,
  eventsOf,
  freeSteps,
  signInWith,
  verify,
  VERIFY,
  type Enrolled,
  PATIENT,
} from '../support/mfa.js';
import { codeOf, wrongCodeOf } from '../support/oathtool.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const REAUTHENTICATE = '/api/v1/auth/reauthenticate';
const STEP_MS = 30_000;

let app: TestApp;
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
  app = await startTestApp({ ...PATIENT, REDIS_URL: redis.url });
});
afterAll(async () => {
  await app.close();
  await redis.stop();
});

const claimsOf = (answer: Answer): Record<string, unknown> => decodeJwt(String(answer.body['accessToken'])).claims;
const sessionsOf = async ({ userId }: Enrolled): Promise<number> =>
  (await app.sql.query('SELECT 1 FROM user_service.sessions WHERE user_id = $1 AND revoked_at IS NULL', [userId]))
    .length;

/** Runs within one step of time, so that every code means what it meant when it was made. */
async function withinOneStep<T>(work: () => Promise<T>): Promise<T> {
  const step = (): number => Math.floor(Date.now() / STEP_MS);
  for (;;) {
    const begun = step();
    const result = await work();
    if (step() === begun) return result;
  }
}

describe('MF-03 The right password of a user with a second factor', () => {
  it('opens nothing: it is answered by a token for the second step', async () => {
    const user = await enrolledUser(app);
    const before = await sessionsOf(user);
    const answer = await app.api.login(user.email);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expectMembers(answer.body, ['mfaRequired', 'mfaToken', 'expiresIn', 'methods']);
    expect(answer.body).toMatchObject({ mfaRequired: true, expiresIn: 300, methods: ['totp', 'recovery_code'] });
    expect(answer.body['mfaToken']).toMatch(/^usm_[\w-]{43}$/);
    expect(await sessionsOf(user)).toBe(before);
  });

  it('opens a session with a code of the app, which says so', async () => {
    const user = await enrolledUser(app);
    const answer = await signInWith(app, user);

    expectTokens(answer);
    expect(claimsOf(answer)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: '2' });
    const { sessionId, accessToken } = signedIn(answer);
    const { body } = await app.api.get('/api/v1/users/me/sessions', { token: accessToken });
    expect(body['items']).toContainEqual(expect.objectContaining({ id: sessionId, amr: ['pwd', 'otp', 'mfa'] }));
    expect(await eventsOf(app, 'mfa.challenge_succeeded', user)).toMatchObject([
      { outcome: 'success', details: { purpose: 'sign_in', method: 'totp' } },
    ]);
  });

  it('keeps what was asked for at the first step', async () => {
    const user = await enrolledUser(app);
    const more = { deviceName: '민지의 노트북', rememberMe: true };
    const { body } = await app.api.login(user.email, PASSWORD, more);
    const opened = signedIn(await verify(app, String(body['mfaToken']), codeOf(user.secret)));

    const [row] = await app.sql.query('SELECT remember_me FROM user_service.sessions WHERE id = $1', [
      opened.sessionId,
    ]);
    expect(row).toEqual({ remember_me: true });
    const sessions = await app.api.get('/api/v1/users/me/sessions', { token: opened.accessToken });
    expect(sessions.body['items']).toContainEqual(
      expect.objectContaining({ id: opened.sessionId, deviceName: '민지의 노트북' }),
    );
  });

  it('SE-15 says the same after a refresh', async () => {
    const answer = await signInWith(app, await enrolledUser(app));
    const refreshed = await app.api.refresh(signedIn(answer).refreshToken);
    const { amr, acr, auth_time: authTime } = claimsOf(answer);

    expect(claimsOf(refreshed)).toMatchObject({ amr, acr, auth_time: authTime });
  });

  it('is asked for the second factor with a token that is dead after five minutes', async () => {
    const user = await enrolledUser(app);
    const token = await challenge(app, user.email);
    await app.sql.query(
      `UPDATE user_service.mfa_challenges SET expires_at = expires_at - interval '300 seconds' WHERE user_id = $1`,
      [user.userId],
    );

    expectProblem(await verify(app, token, codeOf(user.secret)), 401, 'mfa_token_expired');
  });

  it('is asked in both languages', async () => {
    const user = await enrolledUser(app);
    const body = { mfaToken: await challenge(app, user.email), method: 'totp', code: wrongCodeOf(user.secret) };
    const options = { headers: { 'accept-language': 'ko' } };

    expectProblem(await app.api.post(VERIFY, body, options), 401, 'mfa_invalid');
    expectProblem(await app.api.post(VERIFY, { ...body, mfaToken: 'x' }, options), 401, 'mfa_token_expired');
  });

  it.each([
    [{}, ['/mfaToken', '/method', '/code']],
    [{ mfaToken: 'x', method: 'sms', code: '1' }, ['/method']],
    [{ mfaToken: 'x', method: 'totp' }, ['/code']],
    [{ mfaToken: 'x', method: 'totp', code: 123456 }, ['/code']],
    [{ mfaToken: 'x', method: 'totp', code: '1'.repeat(65) }, ['/code']],
    [{ mfaToken: 7, method: 'passkey', credential: 'x' }, ['/mfaToken', '/credential']],
    [{ mfaToken: 'x', method: 'totp', code: '1', userId: 'x' }, ['/userId']],
  ])('refuses the body %j', async (body, pointers) => {
    expectInvalid(await app.api.post(VERIFY, body), ...pointers);
  });
});

describe('MF-04 A code', () => {
  it('is good once, across sign-ins, fresh proofs and a flushed Redis', async () => {
    const user = await enrolledUser(app);
    const code = codeOf(user.secret);
    const { accessToken: token } = signedIn(await signInWith(app, user, code));

    expectProblem(await signInWith(app, user, code), 401, 'mfa_invalid');
    expectProblem(await app.api.post(REAUTHENTICATE, { password: PASSWORD, code }, { token }), 401, 'mfa_invalid');
    await redis.admin.flushall();
    expectProblem(await signInWith(app, user, code), 401, 'mfa_invalid');
    expect((await eventsOf(app, 'mfa.challenge_failed', user)).map(({ reason }) => reason)).toEqual([
      'used_code',
      'used_code',
      'used_code',
    ]);
  });

  it('that confirmed the app is used up by that', async () => {
    const user = await app.api.signedInUser();
    const { body } = await app.api.call('POST', '/api/v1/users/me/mfa/totp', { token: user.accessToken });
    const code = codeOf(String(body['secret']));
    await app.api.post('/api/v1/users/me/mfa/totp/confirm', { code }, { token: user.accessToken });

    expectProblem(await verify(app, await challenge(app, user.email), code), 401, 'mfa_invalid');
  });

  it('that gave a fresh proof opens no session', async () => {
    const user = await enrolledUser(app);
    const code = codeOf(user.secret);
    const { accessToken: token } = user;
    expect((await app.api.post(REAUTHENTICATE, { password: PASSWORD, code }, { token })).status).toBe(200);

    expectProblem(await signInWith(app, user, code), 401, 'mfa_invalid');
  });

  it('opens one session when twenty come at once, on two instances and over twenty challenges', async () => {
    const other = await startTestApp({}, app);
    try {
      const user = await enrolledUser(app);
      const tokens: string[] = [];
      for (let n = 0; n < 20; n += 1) tokens.push(await challenge(app, user.email));
      const code = codeOf(user.secret);
      const answers = await Promise.all(tokens.map((token, n) => verify(n % 2 === 0 ? app : other, token, code)));

      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      // 503: a machine that is busy with other things.
      for (const { status } of answers) expect([200, 401, 429, 503]).toContain(status);
      expect(await eventsOf(app, 'mfa.challenge_succeeded', user)).toHaveLength(1);
      expect(await eventsOf(app, 'session.login_succeeded', user)).toHaveLength(2);
    } finally {
      await other.close();
    }
  });

  it('opens one session when it is sent twenty times with one challenge', async () => {
    const user = await enrolledUser(app);
    const token = await challenge(app, user.email);
    const code = codeOf(user.secret);
    const answers = await Promise.all(Array.from({ length: 20 }, () => verify(app, token, code)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await eventsOf(app, 'session.login_succeeded', user)).toHaveLength(2);
  });

  it('is good for no earlier step than the last one', async () => {
    const user = await enrolledUser(app);
    await withinOneStep(async () => {
      await freeSteps(app, user);
      expect((await signInWith(app, user, codeOf(user.secret, 1))).status).toBe(200);
      expectProblem(await signInWith(app, user, codeOf(user.secret)), 401, 'mfa_invalid');
    });
  });
});

describe('MF-05 The time of a code', () => {
  it('may be off by one step of thirty seconds, and by no more', async () => {
    const user = await enrolledUser(app);
    const statuses = await withinOneStep(async () => {
      await app.sql.query('DELETE FROM user_service.mfa_attempts WHERE user_id = $1', [user.userId]);
      const seen: number[] = [];
      for (const steps of [-2, -1, 0, 1, 2]) {
        await freeSteps(app, user);
        seen.push((await signInWith(app, user, codeOf(user.secret, steps))).status);
      }
      return seen;
    });

    expect(statuses).toEqual([401, 200, 200, 200, 401]);
  });
});
