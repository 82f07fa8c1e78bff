import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { UnitOfWork } from '#kernel';

import { PasswordHasher } from '../../libs/identity/src/application/ports.js';
import { PASSWORD, type Answer } from '../support/api-client.js';
import { expectInvalid, expectProblem, expectUnauthorized } from '../support/expectations.js';
import { auditTypes, endReason } from '../support/session-facts.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const PATH = '/api/v1/users/me/password';
const NEXT = 'neun Birnen rollen bergab 71';

let app: TestApp;
let beside: TestApp;

beforeAll(async () => {
  app = await startTestApp();
  beside = await startTestApp({}, app);
});
afterAll(async () => {
  await beside.close();
  await app.close();
});

const change = (token: string, currentPassword = PASSWORD, newPassword = NEXT, { api } = app): Promise<Answer> =>
  api.post(PATH, { currentPassword, newPassword }, { token });

describe('PW-15 Changing my password', () => {
  it('ends all other sessions at once here and within a second elsewhere; the present one goes on', async () => {
    const { email, ...other } = await app.api.signedInUser();
    const current = await app.api.signIn(email);
    for (const { accessToken } of [other, current]) {
      for (const { api } of [app, beside]) expect((await api.me(accessToken)).status).toBe(200);
    }

    const answer = await change(current.accessToken);

    expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: '' });
    expectUnauthorized(await app.api.me(other.accessToken), 'session_revoked');
    expectProblem(await app.api.refresh(other.refreshToken), 401, 'refresh_invalid');
    expectProblem(await beside.api.refresh(other.refreshToken), 401, 'refresh_invalid');
    await waitFor(async () => (await beside.api.me(other.accessToken)).status === 401, { timeoutMs: 1_000 });
    expectUnauthorized(await beside.api.me(other.accessToken), 'session_revoked');
    expect(await endReason(app, other.sessionId)).toBe('password_changed');
    for (const { api } of [app, beside]) expect((await api.me(current.accessToken)).status).toBe(200);
    expect((await beside.api.refresh(current.refreshToken)).status).toBe(200);
    expect(await endReason(app, current.sessionId)).toBeNull();
    expect(await auditTypes(app, current.userId)).toEqual(
      expect.arrayContaining(['identity.password_changed', 'session.revoked']),
    );
  });

  it('makes the new password the one that counts', async () => {
    const { email, accessToken } = await app.api.signedInUser();

    expect((await change(accessToken)).status).toBe(204);

    expectProblem(await beside.api.login(email, PASSWORD), 401, 'invalid_credentials');
    expect((await beside.api.login(email, NEXT)).status).toBe(200);
  });

  it('wants the present password, and a wrong one leaves a trace', async () => {
    const { email, sessionId, accessToken, refreshToken } = await app.api.signedInUser();

    expectProblem(await change(accessToken, `${PASSWORD}?`), 422, 'current_password_wrong');

    expect(await auditTypes(app, sessionId)).toContain('session.reauthentication_failed');
    expect((await app.api.login(email)).status).toBe(200);
    expect((await app.api.refresh(refreshToken)).status).toBe(200);
  });

  it('refuses a weak one, with reasons, and changes nothing', async () => {
    const { email, accessToken } = await app.api.signedInUser();
    const other = await app.api.signIn(email);

    const answer = await change(accessToken, PASSWORD, 'password1234');

    expectProblem(answer, 422, 'password_rejected', ['reasons']);
    expect((await app.api.me(other.accessToken)).status).toBe(200);
    expect((await app.api.login(email)).status).toBe(200);
  });

  it('refuses what is no such request, and whoever is not signed in', async () => {
    const { accessToken } = await app.api.signedInUser();

    expectInvalid(await app.api.post(PATH, {}, { token: accessToken }), '/currentPassword', '/newPassword');
    expectUnauthorized(await app.api.post(PATH, { currentPassword: PASSWORD, newPassword: NEXT }), 'token_missing');
  });

  it('of two that come at the same time one wins, and one password counts', async () => {
    const { email, ...first } = await app.api.signedInUser();
    const second = await app.api.signIn(email);
    const others = [NEXT, 'acht Kirschen schwimmen gern 64'];

    const answers = await Promise.all([
      change(first.accessToken, PASSWORD, others[0]),
      change(second.accessToken, PASSWORD, others[1], beside),
    ]);

    const winner = answers.findIndex(({ status }) => status === 204);
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    // The slower one finds its password changed, or its session ended by that.
    expect(['current_password_wrong', 'session_revoked']).toContain(answers[1 - winner]!.body['code']);
    expect((await app.api.login(email, others[winner])).status).toBe(200);
    expectProblem(await app.api.login(email, others[1 - winner]), 401, 'invalid_credentials');
  });

  it('leaves no session to a sign-in with the old password that was under way', async () => {
    const { email, accessToken, userId } = await app.api.signedInUser();
    // The other instance has found the old password right, and is about to open the session.
    const hasher = beside.app.get(PasswordHasher, { strict: false });
    const verify = hasher.verify.bind(hasher);
    const { promise: changed, resolve: proceed } = Promise.withResolvers<undefined>();
    const { promise: verified, resolve: found } = Promise.withResolvers<undefined>();
    hasher.verify = async (...question) => {
      const right = await verify(...question);
      found(undefined);
      await changed;
      return right;
    };
    try {
      const signIn = beside.api.login(email);
      await verified;
      expect((await change(accessToken)).status).toBe(204);
      proceed(undefined);

      expectProblem(await signIn, 401, 'invalid_credentials');
    } finally {
      hasher.verify = verify;
    }
    const live = await app.sql.query('SELECT 1 FROM user_service.sessions WHERE user_id = $1 AND revoked_at IS NULL', [
      userId,
    ]);
    expect(live).toHaveLength(1);
    expect(await auditTypes(app, userId)).toContain('session.login_failed');
  });

  it('ends no session when it does not come about', async () => {
    const { email, accessToken } = await app.api.signedInUser();
    const other = await app.api.signIn(email);
    const uow = app.app.get(UnitOfWork, { strict: false });
    const run = uow.run.bind(uow);
    uow.run = (work) =>
      run(async () => {
        await work();
        throw new Error('disk full');
      });
    try {
      expect((await change(accessToken)).status).toBe(500);
    } finally {
      uow.run = run;
    }

    expect((await app.api.me(other.accessToken)).status).toBe(200);
    expect((await app.api.refresh(other.refreshToken)).status).toBe(200);
    expect((await app.api.login(email)).status).toBe(200);
  });
});
