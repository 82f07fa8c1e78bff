import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { signedIn, type Answer, type SignedIn } from '../support/api-client.js';
import { expectProblem, expectTokens, expectUnauthorized } from '../support/expectations.js';
import { decodeJwt } from '../support/jwt.js';
import { auditTypes, endReason, MovedClock, unspentTokens } from '../support/session-facts.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

let app: TestApp;
let beside: TestApp;
let email: string;
let clock: MovedClock;

beforeAll(async () => {
  app = await startTestApp();
  beside = await startTestApp({}, app);
  clock = new MovedClock(app, beside);
  email = await app.api.verifiedUser({ locale: 'ko' });
});
afterAll(async () => {
  await beside.close();
  await app.close();
});

const refreshed = async (token: string, { api }: TestApp = app): Promise<SignedIn> => {
  const answer = await api.refresh(token);
  expectTokens(answer);
  return signedIn(answer);
};

describe('SE-04 One token has one successor', () => {
  it('50 parallel refreshes over two instances get the same one, and one live row is left', async () => {
    const { sessionId, refreshToken } = await app.api.signIn(email);

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_each, index) => (index % 2 === 0 ? app : beside).api.refresh(refreshToken)),
    );

    for (const answer of answers) expectTokens(answer);
    const successors = new Set(answers.map((answer) => signedIn(answer).refreshToken));
    expect(successors.size).toBe(1);
    expect(await unspentTokens(app, sessionId)).toBe(1);
    const [successor] = successors;
    await refreshed(successor!, beside);
    expect(await endReason(app, sessionId)).toBeNull();
  });

  it('chains of parallel refreshes never fork', async () => {
    const { sessionId, refreshToken } = await app.api.signIn(email);
    let token = refreshToken;
    for (let round = 0; round < 5; round += 1) {
      const both = await Promise.all([app, beside, app, beside].map((each) => refreshed(token, each)));
      expect(new Set(both.map((each) => each.refreshToken)).size).toBe(1);
      token = both[0]!.refreshToken;
    }

    expect(await unspentTokens(app, sessionId)).toBe(1);
  });
});

describe('SE-05 A lost answer', () => {
  it('costs nothing: the retry gets the successor that was lost', async () => {
    const { sessionId, refreshToken } = await app.api.signIn(email);
    const { port } = new URL(app.url);
    const wire = await TcpProxy.start({ host: '127.0.0.1', port: Number(port) });
    try {
      wire.muffle();
      const lost = fetch(`http://127.0.0.1:${String(wire.port)}/api/v1/auth/refresh`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refreshToken }),
      }).then(
        () => 'answered',
        () => 'lost',
      );
      // The service has answered: its transaction is done.
      await waitFor(async () => (await auditTypes(app, sessionId)).includes('session.refreshed'));
      await wire.refuse();
      expect(await lost).toBe('lost');
    } finally {
      await wire.refuse();
    }

    const retried = await refreshed(refreshToken, beside);
    const again = await refreshed(refreshToken);

    expect(again.refreshToken).toBe(retried.refreshToken);
    expect(await unspentTokens(app, sessionId)).toBe(1);
    expect((await app.api.me(again.accessToken)).status).toBe(200);
    await refreshed(retried.refreshToken);
  });

  it('SE-03 the old token after its successor was used: the session is dead everywhere, and its owner is told', async () => {
    const before = (await app.mails(email)).length;
    const first = await app.api.signIn(email, undefined, { deviceName: 'Galaxy' });
    const other = await app.api.signIn(email);
    const second = await refreshed(first.refreshToken, beside);
    const third = await refreshed(second.refreshToken);
    expect((await beside.api.me(third.accessToken)).status).toBe(200);

    expectProblem(await app.api.refresh(first.refreshToken), 401, 'refresh_reused');

    expectUnauthorized(await app.api.me(third.accessToken), 'session_revoked');
    await waitFor(async () => (await beside.api.me(third.accessToken)).status === 401, { timeoutMs: 1_000 });
    expectUnauthorized(await beside.api.me(third.accessToken), 'session_revoked');
    expectProblem(await beside.api.refresh(third.refreshToken), 401, 'refresh_invalid');
    const types = await auditTypes(app, first.sessionId);
    expect(types.filter((type) => type === 'session.refresh_reuse_detected')).toHaveLength(1);
    expect(types.filter((type) => type === 'session.revoked')).toHaveLength(1);
    const mail = await app.mail(email, before + 1);
    expect(mail).toMatchObject({ language: 'ko', text: expect.stringContaining('Galaxy') });
    expect((await app.api.me(other.accessToken)).status).toBe(200);
    await refreshed(other.refreshToken);
  });

  it('SE-03 of ten parallel uses of a reused token one is told, and the owner gets one mail', async () => {
    const { refreshToken, sessionId } = await app.api.signIn(email);
    await refreshed((await refreshed(refreshToken)).refreshToken);
    const before = (await app.mails(email)).length;

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_each, index) => (index % 2 === 0 ? app : beside).api.refresh(refreshToken)),
    );

    const codes = answers.map(({ status, body }) => `${status} ${String(body['code'])}`);
    expect(codes.filter((code) => code === '401 refresh_reused')).toHaveLength(1);
    expect(codes.filter((code) => code === '401 refresh_invalid')).toHaveLength(9);
    const types = await auditTypes(app, sessionId);
    expect(types.filter((type) => type === 'session.refresh_reuse_detected')).toHaveLength(1);
    await app.mailsSent();
    expect(await app.mails(email)).toHaveLength(before + 1);
  });

  it('is answered up to the end of the grace period, and reuse after it', async () => {
    const early = await app.api.signIn(email);
    const late = await app.api.signIn(email);
    const successor = await refreshed(early.refreshToken);
    await refreshed(late.refreshToken);
    try {
      clock.setAhead(8);
      expect((await refreshed(early.refreshToken)).refreshToken).toBe(successor.refreshToken);
      clock.setAhead(11);
      expectProblem(await app.api.refresh(late.refreshToken), 401, 'refresh_reused');
    } finally {
      clock.setAhead(0);
    }
  });

  it('is reuse at once where there is no grace: the old value is dead at once (SE-02)', async () => {
    const strict = await startTestApp({ REFRESH_GRACE_SECONDS: '0' }, app);
    try {
      const { refreshToken, sessionId } = await strict.api.signIn(email);
      await refreshed(refreshToken, strict);

      expectProblem(await strict.api.refresh(refreshToken), 401, 'refresh_reused');
      expect(await endReason(app, sessionId)).toBe('refresh_reuse');
    } finally {
      await strict.close();
    }
  });
});

describe('What a refresh keeps and what it reads anew', () => {
  const claimsOf = ({ accessToken }: SignedIn): Readonly<Record<string, unknown>> => decodeJwt(accessToken).claims;

  it('SE-15 amr, acr and auth_time stay as they were, however often and where', async () => {
    const first = await app.api.signIn(email);
    try {
      clock.setAhead(600);
      const second = await refreshed(first.refreshToken, beside);
      const repeated = await refreshed(first.refreshToken);
      const third = await refreshed(second.refreshToken);

      const { amr, acr, auth_time } = claimsOf(first);
      for (const later of [second, repeated, third]) expect(claimsOf(later)).toMatchObject({ amr, acr, auth_time });
      expect(Number(claimsOf(third)['iat'])).toBeGreaterThan(Number(auth_time));
    } finally {
      clock.setAhead(0);
    }
  });

  it('SE-14 roles are read anew, a repeated answer too, and nothing a client sends widens them', async () => {
    const user = await app.api.signedInUser();
    const roles = (to: string): Promise<unknown> =>
      app.sql.query('UPDATE user_service.users SET roles = $2, version = version + 1 WHERE id = $1', [user.userId, to]);
    await roles('{user,admin}');
    const second = await refreshed(user.refreshToken, beside);
    expect(claimsOf(second)['roles']).toEqual(['user', 'admin']);

    await roles('{user}');
    const repeated = await refreshed(user.refreshToken);
    const third = await refreshed(second.refreshToken, beside);
    const widened: Answer = await app.api.post('/api/v1/auth/refresh', {
      refreshToken: third.refreshToken,
      scope: 'admin',
    });

    expect(claimsOf(repeated)['roles']).toEqual(['user']);
    expect(claimsOf(third)['roles']).toEqual(['user']);
    expectProblem(widened, 400, 'validation_failed', ['errors']);
    expect(claimsOf(await refreshed(third.refreshToken))['roles']).toEqual(['user']);
  });
});
