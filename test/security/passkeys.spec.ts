import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { Clock } from '#kernel';

import { SoftwareAuthenticator, type Tampering } from '../../libs/mfa/testing/software-authenticator.js';
import type { Answer, SignedIn } from '../support/api-client.js';
import { expectProblem } from '../support/expectations.js';
import { eventsOf } from '../support/mfa.js';
import { ORIGIN, PasskeyClient, STRANGER } from '../support/passkeys.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let passkeys: PasskeyClient;

beforeAll(async () => {
  app = await startTestApp();
  passkeys = new PasskeyClient(app.api);
});
afterAll(() => app.close());

const newAuthenticator = (origin = ORIGIN): SoftwareAuthenticator => new SoftwareAuthenticator(origin);

async function reasons(userId: string, type = 'session.login_failed'): Promise<unknown[]> {
  return (await eventsOf(app, type, { userId })).map(({ reason }) => reason);
}

/** What the caller sees, without the id of the request. */
function seen({ status, body }: Answer): unknown {
  return { status, ...body, instance: undefined };
}

const LIES: [string, Tampering][] = [
  ['a page of another origin', { origin: 'https://localhost.evil.example' }],
  ['another port of our host', { origin: 'http://localhost:9000' }],
  ['another relying party', { rpId: 'evil.example' }],
  ['a frame of another site', { crossOrigin: true }],
  ['nobody who touched it', { isPresent: false }],
  ['a user who was not verified', { isVerified: false }],
];

describe('MF-03 A new passkey is refused from', () => {
  let user: SignedIn;

  beforeAll(async () => {
    user = await app.api.signedInUser();
  });

  it.each([...LIES, ['an answer to a question for signatures', { type: 'webauthn.get' }]] as [string, Tampering][])(
    '%s',
    async (_what, how) => {
      expectProblem(await passkeys.register(user, newAuthenticator(), how), 422, 'passkey_not_registered');
      const { body } = await app.api.get('/api/v1/users/me/mfa', { token: user.accessToken });
      expect(body).toMatchObject({ passkeys: [] });
    },
  );

  it('another user, to whom the options were not given', async () => {
    const [mallory, victim] = [await app.api.signedInUser(), await app.api.signedInUser()];
    const credential = newAuthenticator().create(await passkeys.creationOptions(victim));

    expectProblem(await passkeys.add(mallory, credential), 422, 'passkey_not_registered');
  });

  it('another session of the user, which proved nothing lately', async () => {
    const user = await app.api.signedInUser();
    const other = await app.api.signIn(user.email);
    const credential = newAuthenticator().create(await passkeys.creationOptions(user));

    expectProblem(await passkeys.add(other, credential), 422, 'passkey_not_registered');
  });

  it('options that were answered before, that have expired, or that are for signing in', async () => {
    const user = await app.api.signedInUser();
    const used = await passkeys.creationOptions(user);
    await passkeys.add(user, newAuthenticator().create(used, { origin: 'https://evil.example' }));
    const late = await passkeys.creationOptions(user);
    await app.sql.query(`UPDATE user_service.passkey_challenges SET expires_at = now() WHERE used_at IS NULL`);
    const others = await passkeys.requestOptions();

    for (const options of [used, late, others]) {
      expectProblem(await passkeys.add(user, newAuthenticator().create(options)), 422, 'passkey_not_registered');
    }
  });

  it('an authenticator that is registered already, by whomever, and only one of two at once gets it', async () => {
    const owner = await passkeys.owner();
    const other = await app.api.signedInUser();
    expectProblem(await passkeys.register(other, owner.authenticator), 409, 'passkey_taken');

    const both = [await app.api.signedInUser(), await app.api.signedInUser()];
    const contested = newAuthenticator();
    const answers = await Promise.all(both.map((user) => passkeys.register(user, contested)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });
});

describe('MF-03 Signing in with a passkey is refused from', () => {
  let owner: Awaited<ReturnType<PasskeyClient['owner']>>;

  beforeAll(async () => {
    owner = await passkeys.owner();
  });

  it.each([
    ...LIES,
    ['an answer to a question for new passkeys', { type: 'webauthn.create' }],
    ['the key of somebody else', { signWith: STRANGER }],
    ['an authenticator that names no user', { userHandle: null }],
    ['an authenticator that names another user', { userHandle: 'bT0c9gH4Xr2iVQ5zYkNwJ8sLpE1uR6oA3dFhKxMtCqI' }],
    ['an authenticator that may be copied by now', { backupEligible: true }],
  ] as [string, Tampering][])('%s', async (_what, how) => {
    const { authenticator, userId } = owner;
    const before = await reasons(userId);

    expectProblem(await passkeys.signIn(authenticator, how), 401, 'passkey_refused');
    expect(await reasons(userId)).toEqual([...before, 'passkey_wrong']);
  });

  it('nobody we know, a disabled account and a wrong signature alike', async () => {
    const { authenticator, userId } = await passkeys.owner();
    const unknown = await passkeys.signIn(newAuthenticator());
    const wrong = await passkeys.signIn(authenticator, { signWith: STRANGER });
    await app.sql.query(
      `UPDATE user_service.users SET status = 'disabled', version = version + 1, security_epoch = security_epoch + 1
        WHERE id = $1`,
      [userId],
    );
    const disabled = await passkeys.signIn(authenticator);

    expect(unknown.status).toBe(401);
    expect(seen(wrong)).toEqual(seen(unknown));
    expect(seen(disabled)).toEqual(seen(unknown));
    expect(await reasons(userId)).toEqual(['passkey_wrong', 'account_disabled']);
    const { text } = await app.api.get('/metrics');
    for (const outcome of ['no_such_factor', 'wrong_code', 'succeeded'])
      expect(text).toMatch(new RegExp(`^mfa_proofs_total\\{method="passkey",outcome="${outcome}"\\} [1-9]`, 'm'));
  });

  it('a passkey that was given up', async () => {
    const { authenticator, id, accessToken } = await passkeys.owner();
    const { body } = await passkeys.signIn(authenticator);
    const token = String(body['accessToken']);
    expect((await app.api.call('DELETE', `/api/v1/users/me/mfa/passkeys/${id}`, { token })).status).toBe(204);

    expectProblem(await passkeys.signIn(authenticator), 401, 'passkey_refused');
    expect((await app.api.me(accessToken)).status).toBe(200);
  });
});

describe('MF-04 A signature opens one session', () => {
  it('and is worth nothing the second time', async () => {
    const { authenticator, userId } = await passkeys.owner();
    const credential = authenticator.get(await passkeys.requestOptions());

    expect((await passkeys.send(credential)).status).toBe(200);
    expectProblem(await passkeys.send(credential), 401, 'passkey_refused');
    expect(await reasons(userId)).toEqual(['passkey_challenge_invalid']);
  });

  it('of twenty who send it at the same time, for authenticators that do not count as well', async () => {
    for (const isSynced of [false, true]) {
      const { authenticator } = await passkeys.owner(new SoftwareAuthenticator(ORIGIN, 'localhost', isSynced));
      const credential = authenticator.get(await passkeys.requestOptions());
      const answers = await Promise.all(Array.from({ length: 20 }, () => passkeys.send(credential)));

      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
    }
  });

  it('and only within five minutes', async () => {
    const { authenticator } = await passkeys.owner();
    const clock = app.app.get(Clock, { strict: false });
    const asked = async (secondsAgo: number): Promise<Answer> => {
      const now = jest.spyOn(clock, 'now').mockReturnValue(new Date(Date.now() - secondsAgo * 1000));
      const options = await passkeys.requestOptions();
      now.mockRestore();
      return passkeys.send(authenticator.get(options));
    };

    expectProblem(await asked(301), 401, 'passkey_refused');
    expect((await asked(240)).status).toBe(200);
  });

  it('and asking for it leaves nothing behind, however often', async () => {
    const rows = (): Promise<unknown[]> => app.sql.query('SELECT 1 FROM user_service.passkey_challenges');
    const before = (await rows()).length;
    for (let turn = 0; turn < 20; turn += 1) await passkeys.requestOptions();

    expect(await rows()).toHaveLength(before);
    const user = await app.api.signedInUser();
    for (let turn = 0; turn < 5; turn += 1) await passkeys.creationOptions(user);
    expect(await rows()).toHaveLength(before + 1);
  });

  it('whose counter rose: a copy is refused, and the owner is told once', async () => {
    const { authenticator, email, userId, id } = await passkeys.owner();
    authenticator.counter = 41;
    expect((await passkeys.signIn(authenticator)).status).toBe(200);
    for (const counter of [42, 7, 0]) {
      expectProblem(await passkeys.signIn(authenticator, { counter }), 401, 'passkey_refused');
    }

    expect(await reasons(userId)).toEqual(Array(3).fill('passkey_counter_regressed'));
    expect(await reasons(userId, 'mfa.passkey_counter_regressed')).toHaveLength(3);
    await app.mailsSent();
    const told = (await app.mails(email)).filter(({ subject }) => /copied|복사/.test(subject));
    expect(told).toHaveLength(1);
    const rows = await app.sql.query(`SELECT sign_count FROM user_service.mfa_factors WHERE id = $1`, [id]);
    expect(rows).toEqual([{ sign_count: '42' }]);
    // The one that goes on counting is still the owner's.
    expect((await passkeys.signIn(authenticator, { counter: 43 })).status).toBe(200);
  });
});
