import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { SoftwareAuthenticator } from '../../libs/mfa/testing/software-authenticator.js';
import { PASSWORD, type Answer } from '../support/api-client.js';
import { expectEndedMeanwhile } from '../support/ended-meanwhile.js';
import { expectProblem } from '../support/expectations.js';
import {
  challenge,
  enrolledUser,
  eventsOf,
  freeSteps,
  MFA,
  signInWith,
  TOTP,
  verify,
  type Enrolled,
  PATIENT,
} from '../support/mfa.js';
import { codeOf } from '../support/oathtool.js';
import { ORIGIN, PasskeyClient } from '../support/passkeys.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp(PATIENT);
});
afterAll(() => app.close());

const codes = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);
const liveSessions = (userId: string): Promise<{ acr: string }[]> =>
  app.sql.query(
    `SELECT s.acr FROM user_service.sessions s JOIN user_service.account_states a ON a.id = s.user_id
      WHERE s.user_id = $1 AND s.revoked_at IS NULL AND s.epoch = a.security_epoch`,
    [userId],
  );

const confirm = (token: string, code: string): Promise<Answer> => app.api.post(`${TOTP}/confirm`, { code }, { token });
const sessionOf = (user: Enrolled): Promise<Answer> => signInWith(app, user);

describe('Racing the second factor', () => {
  it('gives one session for one challenge, whatever is shown, and keeps what was not needed', async () => {
    const user = await enrolledUser(app);
    const mfaToken = await challenge(app, user.email);
    const answers = await Promise.all([
      verify(app, mfaToken, codeOf(user.secret)),
      verify(app, mfaToken, user.recoveryCodes[0]!, 'recovery_code'),
      verify(app, mfaToken, user.recoveryCodes[1]!, 'recovery_code'),
    ]);

    expect(codes(answers).sort()).toEqual([200, 401, 401]);
    const opened = await eventsOf(app, 'mfa.challenge_succeeded', user);
    expect(opened).toHaveLength(1);
    const usedCodes = await eventsOf(app, 'mfa.recovery_code_used', user);
    const { body } = await app.api.get(MFA, { token: user.accessToken });
    expect(body['recoveryCodesLeft']).toBe(10 - usedCodes.length);
    expect(usedCodes.length).toBeLessThanOrEqual(1);
  });

  it('ends with the factor gone and every sign-in either before or after that', async () => {
    for (let round = 0; round < 5; round += 1) {
      const user = await enrolledUser(app);
      const mfaToken = await challenge(app, user.email);
      const [signIn, removal] = await Promise.all([
        verify(app, mfaToken, codeOf(user.secret)),
        app.api.call('DELETE', TOTP, { token: user.accessToken }),
      ]);

      expect(removal.status).toBe(204);
      expect([200, 401]).toContain(signIn.status);
      if (signIn.status === 401) expectProblem(signIn, 401, 'mfa_invalid');
      // Gone is gone: the code opens nothing any more, and the password is enough.
      expect((await verify(app, mfaToken, codeOf(user.secret))).status).toBe(401);
      expect((await app.api.login(user.email)).body).toHaveProperty('accessToken');
      expect((await app.api.get(MFA, { token: user.accessToken })).body).toMatchObject({ recoveryCodesLeft: 0 });
    }
  });

  it('leaves no session of the password alone when a factor is added during sign-ins', async () => {
    for (let round = 0; round < 3; round += 1) {
      const user = await app.api.signedInUser();
      const { accessToken: token } = user;
      const { body } = await app.api.call('POST', TOTP, { token });
      const confirm = { code: codeOf(String(body['secret'])) };
      const signIns = Array.from({ length: 4 }, () => app.api.login(user.email));
      const [confirmed, ...others] = await Promise.all([
        app.api.post(`${TOTP}/confirm`, confirm, { token }),
        ...signIns,
      ]);

      expect(confirmed.status).toBe(200);
      for (const { status } of others) expect([200, 401, 429]).toContain(status);
      const live = await liveSessions(user.userId);
      expect(live.map(({ acr }) => acr)).toEqual(['2']);
    }
  });

  it.each(['the first factor', 'one more'])(
    'MF-02 adds none in a session that its owner ends meanwhile: %s',
    async (which) => {
      const thief = which === 'one more' ? await enrolledUser(app) : await app.api.signedInUser();
      const owner = which === 'one more' ? await sessionOf(thief as Enrolled) : await app.api.login(thief.email);
      const ownersToken = String(owner.body['accessToken']);
      const { secret } = (await app.api.call('POST', TOTP, { token: thief.accessToken })).body;
      const passkeys = new PasskeyClient(app.api);
      const credential = new SoftwareAuthenticator(ORIGIN).create(await passkeys.creationOptions(thief));

      await expectEndedMeanwhile(app, { held: thief.userId, token: ownersToken }, () => [
        passkeys.add(thief, credential),
        ...(secret === undefined ? [] : [confirm(thief.accessToken, codeOf(secret as string))]),
      ]);
      const { body } = await app.api.get(MFA, { token: ownersToken });
      expect(body).toMatchObject({ totp: { enabled: which === 'one more' }, passkeys: [] });
    },
  );

  it('MF-09 takes nothing away in a session that its owner ends meanwhile, and renews no recovery codes', async () => {
    const thief = await enrolledUser(app);
    const { body: passkey } = await new PasskeyClient(app.api).register(thief);
    const ownersToken = String((await sessionOf(thief)).body['accessToken']);
    const { accessToken: token } = thief;
    await expectEndedMeanwhile(app, { held: thief.userId, token: ownersToken }, () => [
      app.api.call('DELETE', TOTP, { token }),
      app.api.call('DELETE', `${MFA}/passkeys/${String(passkey['id'])}`, { token }),
      app.api.call('POST', `${MFA}/recovery-codes`, { token }),
    ]);

    const { body } = await app.api.get(MFA, { token: ownersToken });
    expect(body).toMatchObject({ totp: { enabled: true }, passkeys: [{ id: passkey['id'] }], recoveryCodesLeft: 10 });
    const [code] = thief.recoveryCodes;
    expect((await verify(app, await challenge(app, thief.email), code!, 'recovery_code')).status).toBe(200);
    for (const type of ['mfa.totp_removed', 'mfa.passkey_removed', 'mfa.recovery_codes_regenerated']) {
      expect(await eventsOf(app, type, thief)).toEqual([]);
    }
  });

  it('MF-02 hands out no secret, and stops no reset, in a session that its owner ends meanwhile', async () => {
    const thief = await new PasskeyClient(app.api).owner();
    const [owner, admin] = [await new PasskeyClient(app.api).signIn(thief.authenticator), await app.api.signedInUser()];
    const ownersToken = String(owner.body['accessToken']);
    await app.sql.query(
      `INSERT INTO user_service.mfa_resets (id, user_id, requested_by, requested_at) VALUES (gen_random_uuid(), $1, $2, now())`,
      [thief.userId, admin.userId],
    );
    const { accessToken: token } = thief;
    await expectEndedMeanwhile(app, { held: thief.userId, token: ownersToken }, () => [
      app.api.call('POST', TOTP, { token }),
      app.api.call('DELETE', `${MFA}/reset`, { token }),
    ]);

    expect(await eventsOf(app, 'mfa.totp_enrolled', thief)).toEqual([]);
    expect(await eventsOf(app, 'mfa.reset_stopped', thief)).toEqual([]);
    const owned = { token: ownersToken };
    expect((await app.api.call('DELETE', `${MFA}/reset`, owned)).status).toBe(204);
    expect((await app.api.call('POST', TOTP, owned)).status).toBe(201);
  });

  it('confirms an app once, and gives out one set of recovery codes', async () => {
    const user = await app.api.signedInUser();
    const { accessToken: token } = user;
    const { body } = await app.api.call('POST', TOTP, { token });
    const code = codeOf(String(body['secret']));
    const confirm = (): Promise<Answer> => app.api.post(`${TOTP}/confirm`, { code }, { token });
    const answers = await Promise.all([confirm(), confirm(), confirm(), confirm()]);

    const done = answers.filter(({ status }) => status === 200);
    expect(done).toHaveLength(1);
    for (const { status } of answers) expect([200, 409]).toContain(status);
    const [first] = done[0]!.body['recoveryCodes'] as string[];
    expect((await verify(app, await challenge(app, user.email), first!, 'recovery_code')).status).toBe(200);
    expect(await eventsOf(app, 'mfa.totp_confirmed', user)).toHaveLength(1);
  });

  it('leaves one set of recovery codes when two are made at once', async () => {
    const user = await enrolledUser(app);
    const renew = (): Promise<Answer> => app.api.call('POST', `${MFA}/recovery-codes`, { token: user.accessToken });
    const sets = (await Promise.all([renew(), renew()])).map(({ body }) => body['recoveryCodes'] as string[]);
    const good: boolean[] = [];
    for (const [code] of sets) {
      good.push((await verify(app, await challenge(app, user.email), code!, 'recovery_code')).status === 200);
    }

    expect(good.filter(Boolean)).toHaveLength(1);
  });

  it('takes one code once for a sign-in and a fresh proof at the same time', async () => {
    for (let round = 0; round < 5; round += 1) {
      const user = await enrolledUser(app);
      const mfaToken = await challenge(app, user.email);
      const code = codeOf(user.secret);
      const answers = await Promise.all([
        verify(app, mfaToken, code),
        app.api.post('/api/v1/auth/reauthenticate', { password: PASSWORD, code }, { token: user.accessToken }),
      ]);

      expect(codes(answers).sort()).toEqual([200, 401]);
    }
  });

  it('opens nothing when the password changes, or the account is disabled, between the steps', async () => {
    const user = await enrolledUser(app);
    const first = await challenge(app, user.email);
    const change = { currentPassword: PASSWORD, newPassword: 'neun Kraniche im Nebel 88' };
    const changed = await app.api.post('/api/v1/users/me/password', change, { token: user.accessToken });
    expect(changed.status).toBe(204);
    expectProblem(await verify(app, first, codeOf(user.secret)), 401, 'mfa_token_expired');

    const second = await challenge(app, user.email, change.newPassword);
    await app.sql.query(`UPDATE user_service.users SET status = 'disabled', version = version + 1 WHERE id = $1`, [
      user.userId,
    ]);
    expectProblem(await verify(app, second, codeOf(user.secret)), 401, 'mfa_token_expired');
  });
});

describe('MF-10 Secrets of two users that were swapped in the database', () => {
  const swap = (one: Enrolled, other: Enrolled): Promise<unknown> =>
    app.sql.query(
      `UPDATE user_service.mfa_factors f SET secret_enc = o.secret_enc FROM user_service.mfa_factors o
        WHERE (f.user_id, o.user_id) IN (($1::uuid, $2::uuid), ($2::uuid, $1::uuid))`,
      [one.userId, other.userId],
    );

  it('open nothing for either of them, with a trace in the security log and none of them in the answer', async () => {
    const [mia, ben] = [await enrolledUser(app), await enrolledUser(app)];
    await swap(mia, ben);
    for (const [user, secret] of [
      [mia, mia.secret],
      [mia, ben.secret],
      [ben, mia.secret],
    ] as const) {
      const answer = await signInWith(app, user, codeOf(secret));
      expectProblem(answer, 503, 'mfa_unavailable');
      expect(answer.text).not.toMatch(/crypt|secret|cipher|key/i);
    }
    const logged = app.logs().filter(({ event }) => event === 'crypt_decrypt_fail');
    expect(logged.length).toBeGreaterThanOrEqual(3);
    expect(app.logText()).not.toContain(mia.secret);
    expect(await liveSessions(mia.userId)).toHaveLength(1);

    // Put right again, everything is as it was.
    await swap(mia, ben);
    await freeSteps(app, mia);
    expect((await signInWith(app, mia)).status).toBe(200);
  });

  it('nor does the secret of one factor in the row of a later one of the same user', async () => {
    const user = await enrolledUser(app);
    await app.sql.query(`UPDATE user_service.mfa_factors SET id = gen_random_uuid() WHERE user_id = $1`, [user.userId]);

    expectProblem(await signInWith(app, user), 503, 'mfa_unavailable');
  });
});
