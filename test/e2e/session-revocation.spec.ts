import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { EndSessions } from '../../libs/session/src/application/end-sessions.js';
import { signedIn } from '../support/api-client.js';
import { expectProblem, expectUnauthorized } from '../support/expectations.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { auditTypes } from '../support/session-facts.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const SECOND = 1_000;

describe.each(['with Redis', 'without Redis'])('Over two instances %s', (kind) => {
  let redis: TestRedis | undefined;
  let app: TestApp;
  let beside: TestApp;

  beforeAll(async () => {
    redis = kind === 'with Redis' ? await startRedis() : undefined;
    app = await startTestApp(redis === undefined ? {} : { REDIS_URL: redis.url });
    beside = await startTestApp({}, app);
  });
  afterAll(async () => {
    await beside.close();
    await app.close();
    await redis?.stop();
  });

  /** For how many milliseconds from now on the other instance still admits the token. */
  async function admittedFor(accessToken: string): Promise<number> {
    const begun = performance.now();
    let admitted = 0;
    const refused = async (): Promise<boolean> => {
      const asked = performance.now();
      const { status } = await beside.api.me(accessToken);
      if (status === 200) admitted = asked - begun;
      return status === 401;
    };
    await waitFor(refused, { timeoutMs: 3 * SECOND, what: 'the token to be refused' });
    return admitted;
  }

  it('SE-16 a sign-out is refused at once here and within a second there', async () => {
    const { accessToken, refreshToken } = await app.api.signedInUser();
    for (const { api } of [app, beside]) expect((await api.me(accessToken)).status).toBe(200);

    expect((await app.api.logout(accessToken)).status).toBe(204);

    expectUnauthorized(await app.api.me(accessToken), 'session_revoked');
    expect(await admittedFor(accessToken)).toBeLessThanOrEqual(SECOND);
    expectUnauthorized(await beside.api.me(accessToken), 'session_revoked');
    expectProblem(await beside.api.refresh(refreshToken), 401, 'refresh_invalid');
  });

  it('SE-16 it is refused within a second however busy the other one is with it', async () => {
    const { accessToken } = await app.api.signedInUser();
    const over = new AbortController();
    const load = async (): Promise<void> => {
      while (!over.signal.aborted) await beside.api.me(accessToken);
    };
    const loads = [load(), load(), load(), load()];
    try {
      await app.api.logout(accessToken);
      expect(await admittedFor(accessToken)).toBeLessThanOrEqual(SECOND);
    } finally {
      over.abort();
      await Promise.all(loads);
    }
    for (let n = 0; n < 20; n += 1) expectUnauthorized(await beside.api.me(accessToken), 'session_revoked');
  });

  it('SE-10 signing out twice is signing out once, and kills every token of the session', async () => {
    const first = await app.api.signedInUser();
    const second = signedIn(await beside.api.refresh(first.refreshToken));

    const answers = await Promise.all([app.api.logout(first.accessToken), beside.api.logout(second.accessToken)]);

    expect(answers.map(({ status }) => status)).toContain(204);
    for (const { status } of answers) expect([204, 401]).toContain(status);
    for (const token of [first, second]) {
      await waitFor(async () => (await beside.api.me(token.accessToken)).status === 401, { timeoutMs: SECOND });
      expectUnauthorized(await app.api.logout(token.accessToken), 'session_revoked');
      expectProblem(await app.api.refresh(token.refreshToken), 401, 'refresh_invalid');
    }
    const types = await auditTypes(app, first.sessionId);
    expect(types.filter((type) => type === 'session.logged_out')).toHaveLength(1);
  });

  it('SE-16 a session that an operator ends is refused on both', async () => {
    const { accessToken, userId, sessionId } = await app.api.signedInUser();
    for (const { api } of [app, beside]) expect((await api.me(accessToken)).status).toBe(200);

    await app.app.get(EndSessions, { strict: false }).one(userId, sessionId, 'operator');

    expectUnauthorized(await app.api.me(accessToken), 'session_revoked');
    expect(await admittedFor(accessToken)).toBeLessThanOrEqual(SECOND);
  });

  it('SE-14 fewer roles count within a second, whatever the token says', async () => {
    const { accessToken, userId } = await app.api.signedInUser();
    const setRoles = (roles: string): Promise<unknown> =>
      app.sql.query('UPDATE user_service.users SET roles = $2, version = version + 1 WHERE id = $1', [userId, roles]);
    const rolesAt = async ({ api }: TestApp): Promise<unknown> => (await api.me(accessToken)).body['roles'];
    for (const roles of [['user', 'admin'], ['user']]) {
      await setRoles(`{${roles.join(',')}}`);
      for (const each of [app, beside]) {
        await waitFor(async () => JSON.stringify(await rolesAt(each)) === JSON.stringify(roles), {
          timeoutMs: SECOND,
          what: `the roles ${roles.join()}`,
        });
      }
    }
  });

  it('SE-16 a disabled account is refused within a second', async () => {
    const { accessToken, refreshToken, userId } = await app.api.signedInUser();
    expect((await beside.api.me(accessToken)).status).toBe(200);

    await app.sql.query(`UPDATE user_service.users SET status = 'disabled', version = version + 1 WHERE id = $1`, [
      userId,
    ]);

    expect(await admittedFor(accessToken)).toBeLessThanOrEqual(SECOND);
    expectProblem(await app.api.refresh(refreshToken), 401, 'refresh_invalid');
  });
});
