import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { PASSWORD } from '../support/api-client.js';
import { expectProblem } from '../support/expectations.js';
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
import { waitFor } from '../support/wait.js';

const REAUTHENTICATE = '/api/v1/auth/reauthenticate';

let app: TestApp;
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
  app = await startTestApp({ ...PATIENT, REDIS_URL: redis.url, TRUSTED_PROXIES: '127.0.0.1' });
});
afterAll(async () => {
  await app.close();
  await redis.stop();
});

describe('LG-04 Wrong passwords', () => {
  it('are five as well, and stay counted after FLUSHALL', async () => {
    const email = await app.api.verifiedUser();
    const from = { headers: { 'x-forwarded-for': '203.0.113.77' } };
    for (let n = 0; n < 5; n += 1) {
      expectProblem(await app.api.login(email, `wrong ${String(n)}`, {}, from), 401, 'invalid_credentials');
    }
    await redis.admin.flushall();

    expectProblem(await app.api.login(email.toUpperCase(), PASSWORD, {}, from), 429, 'login_throttled');
  });
});

describe('MF-06 Wrong codes', () => {
  const from = (n: number): { headers: Record<string, string> } => ({
    headers: { 'x-forwarded-for': `203.0.113.${String(n)}` },
  });
  const lock = async (user: Enrolled): Promise<void> => {
    const code = wrongCodeOf(user.secret);
    for (let n = 1; n <= 5; n += 1) {
      const mfaToken = await challenge(app, user.email);
      expectProblem(await app.api.post(VERIFY, { mfaToken, method: 'totp', code }, from(n)), 401, 'mfa_invalid');
    }
  };

  it('are five in fifteen minutes, over six challenges from six sources, on every instance, after FLUSHALL', async () => {
    const user = await enrolledUser(app);
    await lock(user);
    await redis.admin.flushall();
    const other = await startTestApp({}, app);
    try {
      for (const [instance, source] of [
        [app, 6],
        [other, 7],
      ] as const) {
        const mfaToken = await challenge(instance, user.email);
        const body = { mfaToken, method: 'totp', code: codeOf(user.secret) };
        const answer = await instance.api.post(VERIFY, body, from(source));
        expectProblem(answer, 429, 'mfa_throttled');
        const seconds = Number(answer.headers.get('retry-after'));
        expect(seconds).toBeGreaterThan(800);
        expect(seconds).toBeLessThanOrEqual(900);
      }
    } finally {
      await other.close();
    }
    const failed = await waitFor(async () => {
      const events = await eventsOf(app, 'mfa.challenge_failed', user);
      return events.length === 7 ? events : undefined;
    });
    expect(failed.map(({ outcome }) => outcome)).toEqual([...Array<string>(5).fill('failure'), 'denied', 'denied']);
    expect(failed.at(-1)).toMatchObject({ reason: 'too_many_attempts' });
  });

  it('count the same for recovery codes and for fresh proofs', async () => {
    const user = await enrolledUser(app);
    await lock(user);
    const { accessToken: token } = user;

    expectProblem(
      await verify(app, await challenge(app, user.email), user.recoveryCodes[0]!, 'recovery_code'),
      429,
      'mfa_throttled',
    );
    const proof = { password: PASSWORD, code: codeOf(user.secret) };
    expectProblem(await app.api.post(REAUTHENTICATE, proof, { token }), 429, 'mfa_throttled');
  });

  it('are evaluated five times when a hundred come at once', async () => {
    const user = await enrolledUser(app);
    const token = await challenge(app, user.email);
    const wrong = wrongCodeOf(user.secret);
    const answers = await Promise.all(Array.from({ length: 100 }, () => verify(app, token, wrong)));

    const count = (status: number): number => answers.filter((answer) => answer.status === status).length;
    expect([count(401), count(429)]).toEqual([5, 95]);
    expectProblem(await verify(app, token, codeOf(user.secret)), 429, 'mfa_throttled');
  });

  it('are evaluated five times at most when the right one is among a hundred, which opens one session or none', async () => {
    const user = await enrolledUser(app);
    const token = await challenge(app, user.email);
    const wrong = wrongCodeOf(user.secret);
    const right = codeOf(user.secret);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => verify(app, token, n === 50 ? right : wrong)),
    );

    const count = (status: number): number => answers.filter((answer) => answer.status === status).length;
    expect(count(401)).toBeLessThanOrEqual(5);
    expect(count(200)).toBeLessThanOrEqual(1);
    expect(count(200) + count(401) + count(429)).toBe(100);
    const opened = await eventsOf(app, 'mfa.challenge_succeeded', user);
    expect(opened).toHaveLength(count(200));
  });

  it('are forgotten after fifteen minutes, one by one', async () => {
    const user = await enrolledUser(app);
    await lock(user);
    await app.sql.query(
      `UPDATE user_service.mfa_attempts
          SET failures[1] = failures[1] - interval '16 minutes' WHERE user_id = $1 AND purpose = 'proof'`,
      [user.userId],
    );
    const wrong = wrongCodeOf(user.secret);

    expectProblem(await verify(app, await challenge(app, user.email), wrong), 401, 'mfa_invalid');
    expectProblem(await verify(app, await challenge(app, user.email), wrong), 429, 'mfa_throttled');
  });

  it('are not made up for by a right one', async () => {
    const user = await enrolledUser(app);
    const wrong = wrongCodeOf(user.secret);
    for (let n = 0; n < 4; n += 1) await signInWith(app, user, wrong);
    expect((await signInWith(app, user)).status).toBe(200);
    expectProblem(await signInWith(app, user, wrong), 401, 'mfa_invalid');
    await freeSteps(app, user);

    expectProblem(await signInWith(app, user), 429, 'mfa_throttled');
  });

  it('MF-12 are told to the owner of the password, three times an hour at most', async () => {
    const user = await enrolledUser(app);
    await lock(user);
    await app.mailsSent();
    const told = async (): Promise<number> =>
      (await app.mails(user.email)).filter(({ subject }) => /wrong second factor|2단계 인증에 실패/.test(subject))
        .length;

    expect(await waitFor(async () => ((await told()) === 3 ? 3 : undefined))).toBe(3);
  });

  it('MF-12 are told to the owner of the password for recovery codes and fresh proofs as well', async () => {
    const user = await enrolledUser(app);
    await verify(app, await challenge(app, user.email), '0000-0000-0000-0000', 'recovery_code');
    const proof = { password: PASSWORD, code: wrongCodeOf(user.secret) };
    await app.api.post(REAUTHENTICATE, proof, { token: user.accessToken });
    await app.mailsSent();

    const subjects = (await app.mails(user.email)).map(({ subject }) => subject);
    expect(subjects.filter((subject) => /wrong second factor/.test(subject))).toHaveLength(2);
  });

  it('are counted on /metrics', async () => {
    const { text } = await app.api.get('/metrics');
    const value = (line: string): number => Number(new RegExp(`^${line} (\\d+)$`, 'm').exec(text)?.[1]);

    expect(value('mfa_proofs_total{method="totp",outcome="succeeded"}')).toBeGreaterThan(0);
    expect(value('mfa_proofs_total{method="totp",outcome="wrong_code"}')).toBeGreaterThanOrEqual(5);
    expect(value('mfa_proofs_total{method="totp",outcome="too_many_attempts"}')).toBeGreaterThan(0);
    expect(value('mfa_lockouts_total{after="wrong_codes"}')).toBeGreaterThan(0);
  });
});
