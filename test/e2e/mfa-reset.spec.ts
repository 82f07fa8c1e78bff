import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { RunDueResets } from '../../libs/mfa/src/application/run-due-resets.js';
import { signedIn, type Answer, type SignedIn } from '../support/api-client.js';
import { expectEndedMeanwhile } from '../support/ended-meanwhile.js';
import { expectProblem } from '../support/expectations.js';
import { enrolledUser, eventsOf, freeSteps, MFA, signInWith, TOTP, type Enrolled, PATIENT } from '../support/mfa.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ ...PATIENT, MFA_REQUIRED_ROLES: 'admin' });
});
afterAll(() => app.close());

const promote = (userId: string): Promise<unknown> =>
  app.sql.query(`UPDATE user_service.users SET roles = '{user,admin}', version = version + 1 WHERE id = $1`, [userId]);

describe('The reset of the second factors of somebody who lost them', () => {
  const path = (userId: string): string => `/api/v1/admin/users/${userId}/reset-mfa`;
  const admin = async (): Promise<Enrolled> => {
    const user = await enrolledUser(app);
    await promote(user.userId);
    const call = (): Promise<Answer> => app.api.get(path(user.userId), { token: user.accessToken });
    await waitFor(async () => (await call()).status === 404, { what: 'the role to count' });
    return user;
  };
  const ask = ({ accessToken: token }: SignedIn, { userId }: SignedIn): Promise<Answer> =>
    app.api.call('POST', path(userId), { token });
  const mailed = async (to: string, subject: RegExp): Promise<string> => {
    const find = async (): Promise<string | undefined> =>
      (await app.mails(to)).find((mail) => subject.test(mail.subject))?.text;
    return waitFor(find, { what: `the mail ${String(subject)}` });
  };
  const tokenIn = (text: string): string => /stop-mfa-reset\?token=([\w.-]+)/.exec(text)![1]!;
  const stop = (token: string): Promise<Answer> => app.api.post('/api/v1/auth/mfa/reset/stop', { token });
  const isDue = (userId: string): Promise<unknown> =>
    app.sql.query(`UPDATE user_service.mfa_resets SET due_at = now() - interval '1 second' WHERE user_id = $1`, [
      userId,
    ]);
  const isEnabled = async ({ accessToken: token }: SignedIn): Promise<unknown> =>
    (await app.api.get(MFA, { token })).body['totp'];
  let first: Enrolled;
  let second: Enrolled;

  beforeAll(async () => {
    first = await admin();
    second = await admin();
  });

  it('takes two administrators and a day, tells the owner at each step, and ends every session', async () => {
    const user = await enrolledUser(app);
    const asked = await ask(first, user);
    expect(asked.status).toBe(202);
    expect(asked.body).toMatchObject({
      userId: user.userId,
      status: 'waiting_for_approval',
      requestedBy: first.userId,
      approvedBy: null,
      dueAt: null,
    });
    expect(tokenIn(await mailed(user.email, /are to be reset|초기화가 요청/))).toMatch(/^[\w.-]{100,}$/);
    expectProblem(await ask(first, user), 409, 'second_admin_required');

    const agreed = await ask(second, user);
    expect(agreed.body).toMatchObject({ status: 'approved', approvedBy: second.userId });
    const hours = (Date.parse(String(agreed.body['dueAt'])) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThanOrEqual(24);
    await mailed(user.email, /will be reset|초기화될 예정/);
    expect((await ask(first, user)).body).toEqual(agreed.body);
    expect((await app.api.get(path(user.userId), { token: first.accessToken })).body).toEqual(agreed.body);
    expect(await isEnabled(user)).toEqual({ enabled: true });
    expect((await app.api.login(user.email)).body).toMatchObject({ mfaRequired: true });

    await isDue(user.userId);
    const isOver = async (): Promise<boolean> => 'accessToken' in (await app.api.login(user.email)).body;
    await waitFor(isOver, { timeoutMs: 40_000, what: 'the reset' });
    expectProblem(await app.api.me(user.accessToken), 401, 'session_revoked');
    await mailed(user.email, /were reset|초기화되었습니다/);
    const rows = await app.sql.query('SELECT 1 FROM user_service.recovery_codes WHERE user_id = $1', [user.userId]);
    expect(rows).toEqual([]);
    expect(await eventsOf(app, 'mfa.reset_by_admin', user)).toMatchObject([
      { actor: { type: 'system' }, details: { requestedBy: first.userId, approvedBy: second.userId } },
    ]);
    expect(await eventsOf(app, 'mfa.reset_requested', user)).toMatchObject([{ actor: { id: first.userId } }]);
    expect(await eventsOf(app, 'mfa.reset_approved', user)).toMatchObject([{ actor: { id: second.userId } }]);
  });

  it('is stopped by the owner who is signed in', async () => {
    const user = await enrolledUser(app);
    await ask(first, user);
    await ask(second, user);
    const stopped = await app.api.call('DELETE', `${MFA}/reset`, { token: user.accessToken });
    expect(stopped.status).toBe(204);

    expectProblem(await app.api.get(path(user.userId), { token: first.accessToken }), 404, 'not_found');
    expectProblem(await app.api.call('DELETE', `${MFA}/reset`, { token: user.accessToken }), 404, 'not_found');
    expect(await isEnabled(user)).toEqual({ enabled: true });
    await mailed(user.email, /was stopped|중단되었습니다/);
    expect(await eventsOf(app, 'mfa.reset_stopped', user)).toMatchObject([{ details: { by: 'owner' } }]);
  });

  it('is stopped by the owner who only has the mail, and by nothing else that looks like it', async () => {
    const user = await enrolledUser(app);
    await ask(first, user);
    const token = tokenIn(await mailed(user.email, /are to be reset|초기화가 요청/));
    const forged = `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const wrong of [forged, '', 'x', token.split('.')[0]!]) {
      expect((await stop(wrong)).body['code']).toBe('token_invalid');
    }
    expect((await stop(token)).status).toBe(204);
    expectProblem(await stop(token), 400, 'token_invalid');

    // An old mail does not stop a new reset.
    await ask(second, user);
    expectProblem(await stop(token), 400, 'token_invalid');
  });

  it.each([
    ['signs in with a code', async (user: Enrolled) => (await signInWith(app, user)).status],
    [
      'gives up the app',
      async ({ accessToken: token }: Enrolled) => (await app.api.call('DELETE', TOTP, { token })).status,
    ],
  ])('is over as soon as the owner %s', async (_what, act) => {
    const user = await enrolledUser(app);
    await ask(first, user);
    await ask(second, user);
    expect([200, 204]).toContain(await act(user));

    expectProblem(await app.api.get(path(user.userId), { token: first.accessToken }), 404, 'not_found');
    expect(await eventsOf(app, 'mfa.reset_stopped', user)).toMatchObject([{ details: { by: 'owner' } }]);
  });

  it('does not happen when one of the two is no administrator any more', async () => {
    const user = await enrolledUser(app);
    const third = await admin();
    await ask(first, user);
    await ask(third, user);
    await app.sql.query(`UPDATE user_service.users SET roles = '{user}', version = version + 1 WHERE id = $1`, [
      third.userId,
    ]);
    await isDue(user.userId);

    await app.app.get(RunDueResets, { strict: false }).execute();
    expect(await isEnabled(user)).toEqual({ enabled: true });
    expect(await eventsOf(app, 'mfa.reset_stopped', user)).toMatchObject([{ details: { by: 'system' } }]);
  });

  it('happens to others while it cannot happen to one', async () => {
    const [broken, user] = [await enrolledUser(app), await enrolledUser(app)];
    for (const each of [broken, user]) {
      await ask(first, each);
      await ask(second, each);
      await isDue(each.userId);
    }
    await app.sql.query('DELETE FROM user_service.user_keys WHERE user_id = $1', [broken.userId]);

    const { failures } = await app.app.get(RunDueResets, { strict: false }).execute();
    expect(failures.length).toBeLessThanOrEqual(1);
    expect((await app.api.login(user.email)).body).toHaveProperty('accessToken');
  });

  it('is called off by an administrator', async () => {
    const user = await enrolledUser(app);
    await ask(first, user);
    const { accessToken: token } = second;

    expect((await app.api.call('DELETE', path(user.userId), { token })).status).toBe(204);
    expectProblem(await app.api.call('DELETE', path(user.userId), { token }), 404, 'not_found');
  });

  it('is nothing that one administrator can do alone, nor for themselves', async () => {
    expectProblem(await ask(first, first), 409, 'own_mfa_reset');
    await ask(first, second);
    expectProblem(await ask(second, second), 409, 'own_mfa_reset');
    const again = signedIn(await signInWith(app, first));
    expectProblem(await ask(again, second), 409, 'second_admin_required');
    await app.api.call('DELETE', path(second.userId), { token: first.accessToken });
  });

  it('is not asked for, agreed to or called off in a session that its administrator ends meanwhile', async () => {
    const third = await admin();
    const [fresh, asked, agreed] = [await enrolledUser(app), await enrolledUser(app), await enrolledUser(app)];
    await ask(first, asked);
    await ask(first, agreed);
    await ask(second, agreed);
    const state = async ({ userId }: SignedIn): Promise<unknown> => {
      const { body } = await app.api.get(path(userId), { token: first.accessToken });
      return body['status'] === 404 ? 'none' : body['status'];
    };
    const withdraw = (): Promise<Answer> => app.api.call('DELETE', path(agreed.userId), { token: third.accessToken });
    const calls = [() => ask(third, fresh), () => ask(third, asked), withdraw];
    for (const [index, { userId: held }] of [fresh, asked, agreed].entries()) {
      await freeSteps(app, third);
      const { accessToken: token } = signedIn(await signInWith(app, third));
      await expectEndedMeanwhile(app, { held, token }, () => [calls[index]!()]);
      Object.assign(third, { accessToken: token });
    }

    expect([await state(fresh), await state(asked), await state(agreed)]).toEqual([
      'none',
      'waiting_for_approval',
      'approved',
    ]);
  });

  it('needs a user with a second factor, and a role', async () => {
    const user = await app.api.signedInUser();
    const nobody = { ...user, userId: '01938a6e-0000-7000-8000-000000000000' };

    expectProblem(await ask(first, user), 409, 'mfa_not_enabled');
    expectProblem(await ask(first, nobody), 404, 'not_found');
    expectProblem(await ask(user, first), 403, 'forbidden');
  });

  it('lapses when nobody agrees in time: the next administrator only asks anew', async () => {
    const user = await enrolledUser(app);
    await ask(first, user);
    await app.sql.query(
      `UPDATE user_service.mfa_resets SET requested_at = requested_at - interval '73 hours' WHERE user_id = $1`,
      [user.userId],
    );

    expect((await ask(second, user)).body).toMatchObject({
      status: 'waiting_for_approval',
      requestedBy: second.userId,
    });
  });

  it('is begun once when both ask at the same time', async () => {
    const user = await enrolledUser(app);
    const answers = await Promise.all([ask(first, user), ask(second, user)]);

    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers.map(({ body }) => body['status']).sort()).toEqual(['approved', 'waiting_for_approval']);
  });

  it('may be asked for by two administrators of each other at the same time', async () => {
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all([ask(first, second), ask(second, first)]);
      expect(answers.map(({ status }) => status)).toEqual([202, 202]);
      for (const { userId } of [first, second]) {
        expect((await app.api.call('DELETE', path(userId), { token: first.accessToken })).status).toBe(204);
      }
    }
  });

  it('does not happen when the owner stops it at the time at which the second administrator agrees', async () => {
    for (let round = 0; round < 5; round += 1) {
      const user = await enrolledUser(app);
      await ask(first, user);
      const [agreed, stopped] = await Promise.all([
        ask(second, user),
        app.api.call('DELETE', `${MFA}/reset`, { token: user.accessToken }),
      ]);

      expect([agreed.status, stopped.status]).toEqual([202, 204]);
      // Whoever comes after the owner only asks anew.
      const open = await app.api.get(path(user.userId), { token: first.accessToken });
      if (open.status !== 404) expect(open.body).toMatchObject({ status: 'waiting_for_approval', approvedBy: null });
      expect(await eventsOf(app, 'mfa.reset_stopped', user)).toHaveLength(1);
    }
  });
});
