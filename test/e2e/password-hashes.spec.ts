import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as bcrypt from 'bcrypt';

import { PasswordHasher } from '../../libs/identity/src/application/ports.js';
import { freshEmail, PASSWORD } from '../support/api-client.js';
import { expectProblem } from '../support/expectations.js';
import { BEHIND_THE_TEST, freshSource, Guesses } from '../support/guesses.js';
import { openSql } from '../support/sql.js';
import { decoded } from '../support/mails.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const PEPPER = 'f3b1c7d29e5a48066b7d1f0c2a9e8d74';
const NEXT_PEPPER = '7c1e93a5d0b84f62e6a7193c5d8f2b40';
const ARGON2ID = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/;

let app: TestApp;
let people: Guesses;

beforeAll(async () => {
  app = await startTestApp(BEHIND_THE_TEST);
  people = new Guesses(app);
});
afterAll(() => app.close());

async function hashOf(email: string): Promise<string> {
  const { userId } = await userOf(email);
  const [row] = await app.sql.query<{ password_hash: string }>(
    'SELECT password_hash FROM user_service.users WHERE id = $1',
    [userId],
  );
  return row!.password_hash;
}

const ids = new Map<string, string>();

async function userOf(email: string): Promise<{ userId: string }> {
  return { userId: ids.get(email)! };
}

/** An account as it came from the service before: with a hash that was made there. */
async function legacyUser(hash: string): Promise<string> {
  const email = await app.api.verifiedUser({}, freshEmail('legacy'));
  ids.set(email, await people.idOf(email));
  await app.sql.query('UPDATE user_service.users SET password_hash = $1 WHERE id = $2', [hash, ids.get(email)]);
  return email;
}

const bcryptHash = async (password: string, letter = '2b', cost = 10): Promise<string> =>
  (await bcrypt.hash(password, cost)).replace(/^\$2b/, `$${letter}`);

describe('PW-08 A password that was stored in an older way', () => {
  it.each([
    ['$2a$, cost 10', '2a', 10],
    ['$2b$, cost 12', '2b', 12],
    ['$2y$, cost 10', '2y', 10],
  ])('is right, and stored in the present one by the sign-in: bcrypt %s', async (_kind, letter, cost) => {
    const email = await legacyUser(await bcryptHash(PASSWORD, letter, cost));

    expectProblem(await app.api.login(email, 'not that one'), 401, 'invalid_credentials');
    expect(await hashOf(email)).toMatch(/^\$2/);
    expect((await app.api.login(email)).status).toBe(200);
    expect(await hashOf(email)).toMatch(ARGON2ID);
    expect((await app.api.login(email)).status).toBe(200);
    const events = await people.eventsOf(ids.get(email)!);
    expect(events.filter(({ type }) => type === 'identity.password_rehashed')).toHaveLength(1);
  });

  it('stays as it is while it is as strong as configured, and becomes stronger with the configuration', async () => {
    const email = await app.api.verifiedUser();
    ids.set(email, await people.idOf(email));
    const before = await hashOf(email);
    expect((await app.api.login(email)).status).toBe(200);
    expect(await hashOf(email)).toBe(before);

    const stronger = await startTestApp({ PASSWORD_HASH_TIME_COST: '3' }, app);
    try {
      expect((await stronger.api.login(email)).status).toBe(200);
      expect(await hashOf(email)).toMatch(/^\$argon2id\$v=19\$m=19456,t=3,p=1\$/);
    } finally {
      await stronger.close();
    }
    // The instance with the weaker settings takes nothing back.
    expect((await app.api.login(email)).status).toBe(200);
    expect(await hashOf(email)).toMatch(/t=3/);
  });

  it('is no longer stored so once somebody changes the password at the same time: PW-09', async () => {
    const email = await legacyUser(await bcryptHash(PASSWORD));
    const next = 'neun Zwetschgen im Korb 43';
    const { accessToken } = await app.api.signIn(email);
    // As it was before that sign-in, so that both of the following find it so.
    await app.sql.query('UPDATE user_service.users SET password_hash = $1 WHERE id = $2', [
      await bcryptHash(PASSWORD, '2b', 12),
      ids.get(email),
    ]);

    const change = { currentPassword: PASSWORD, newPassword: next };
    const [changed] = await Promise.all([
      app.api.post('/api/v1/users/me/password', change, { token: accessToken }),
      ...Array.from({ length: 4 }, () => app.api.login(email)),
    ]);

    expect(changed.status).toBe(204);
    expectProblem(await people.signIn(email, PASSWORD, freshSource()), 401, 'invalid_credentials');
    expect((await people.signIn(email, next, freshSource())).status).toBe(200);
  });

  it('PW-09 is not stored again by an upgrade that was held up while the password changed', async () => {
    const email = await legacyUser(await bcryptHash(PASSWORD));
    const next = 'neun Zwetschgen im Korb 43';
    const { accessToken } = await app.api.signIn(email);
    const old = await bcryptHash(PASSWORD);
    await app.sql.query('UPDATE user_service.users SET password_hash = $1 WHERE id = $2', [old, ids.get(email)]);
    const superseded = await people.metric('password_hash_upgrades_total{outcome="superseded"}');
    const hasher = app.app.get(PasswordHasher, { strict: false });
    const hash = hasher.hash.bind(hasher);
    let [isHeld, resume] = [false, (): void => undefined];
    const held = new Promise<void>((resolve) => {
      resume = resolve;
    });
    // After the new hash is made, and before it is stored.
    const spy = jest.spyOn(hasher, 'hash').mockImplementationOnce(async (password) => {
      const made = await hash(password);
      isHeld = true;
      await held;
      return made;
    });

    const signingIn = app.api.login(email);
    await waitFor(() => Promise.resolve(isHeld), { what: 'the upgrade to be held up' });
    const change = { currentPassword: PASSWORD, newPassword: next };
    const changed = await app.api.post('/api/v1/users/me/password', change, { token: accessToken });
    const after = await hashOf(email);
    resume();
    await signingIn;
    spy.mockRestore();

    expect(changed.status).toBe(204);
    expect(await hashOf(email)).toBe(after);
    expect(await people.metric('password_hash_upgrades_total{outcome="superseded"}')).toBe(superseded + 1);
    expectProblem(await people.signIn(email, PASSWORD, freshSource()), 401, 'invalid_credentials');
    expect((await people.signIn(email, next, freshSource())).status).toBe(200);
  });

  it('lets its user in when the new hash cannot be stored, and stays whole: PW-10', async () => {
    const email = await legacyUser(await bcryptHash(PASSWORD));
    const before = await hashOf(email);
    const failed = await people.metric('password_hash_upgrades_total{outcome="failed"}');
    const admin = await openSql(app.database.adminUrl);
    await admin.query(`
      CREATE FUNCTION user_service.refuse_hash() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'disk full'; END $$`);
    await admin.query(`CREATE TRIGGER refuse_hash BEFORE UPDATE OF password_hash ON user_service.users
      FOR EACH ROW EXECUTE FUNCTION user_service.refuse_hash()`);

    const answer = await app.api.login(email);

    await admin.query('DROP TRIGGER refuse_hash ON user_service.users');
    await admin.query('DROP FUNCTION user_service.refuse_hash()');
    await admin.close();
    expect(answer.status).toBe(200);
    expect(await hashOf(email)).toBe(before);
    expect(await people.metric('password_hash_upgrades_total{outcome="failed"}')).toBe(failed + 1);
    expect(app.logs().filter(({ event }) => event === 'password_not_rehashed')).toHaveLength(1);
  });
});

describe('PW-11 A bcrypt hash of more than 72 bytes', () => {
  it.each([
    ['80 letters', 'a'.repeat(72), 'tail one', 'tail two'],
    ['24 Hangul characters and a tail', '비밀번호는길어야'.repeat(3), 'tail one', 'tail two'],
  ])(
    'of %s opens the account for nobody, and its owner gets a way to a new password',
    async (_what, head, own, other) => {
      const email = await legacyUser(await bcryptHash(head + own));
      const before = (await app.mails(email)).length;

      expectProblem(await app.api.login(email, head + other), 401, 'invalid_credentials');
      expectProblem(await app.api.login(email, head + own), 401, 'invalid_credentials');

      // One for both: a second one would void the link that the owner may have in hand.
      const { token } = await app.mail(email, before + 1);
      await app.mailsSent();
      expect((await app.mails(email)).length).toBe(before + 1);
      expect((await app.api.resetPassword(token, PASSWORD)).status).toBe(204);
      expect((await app.api.login(email)).status).toBe(200);
      expect(await hashOf(email)).toMatch(ARGON2ID);
    },
  );
});

describe('PW-07 A password', () => {
  it('is good for as long as nobody changes it: 400 days later its user signs in', async () => {
    const email = await app.api.verifiedUser();
    const userId = await people.idOf(email);
    await app.sql.query(
      `UPDATE user_service.users SET created_at = now() - interval '400 days', updated_at = now() - interval '400 days',
              password_changed_at = now() - interval '400 days' WHERE id = $1`,
      [userId],
    );

    const answer = await app.api.login(email);

    expect(answer.status).toBe(200);
    expect((await app.api.me(answer.body['accessToken'] as string)).status).toBe(200);
    const columns = await app.sql.query(
      `SELECT 1 FROM information_schema.columns WHERE table_schema = 'user_service' AND column_name ~ 'password.*expire'`,
    );
    expect(columns).toEqual([]);
  });
});

describe('PW-18 A pepper that is changed', () => {
  it('lets everybody in, and comes to their passwords as they sign in', async () => {
    const email = await app.api.verifiedUser();
    ids.set(email, await people.idOf(email));
    const steps = [
      [PEPPER, 'keyid=MQ$'],
      [`p2:${NEXT_PEPPER},1:${PEPPER}`, 'keyid=cDI$'],
      [`p2:${NEXT_PEPPER}`, 'keyid=cDI$'],
    ] as const;
    for (const [pepper, keyId] of steps) {
      const instance = await startTestApp({ PASSWORD_PEPPER: pepper }, app);
      try {
        expect((await instance.api.login(email)).status).toBe(200);
        expect(await hashOf(email)).toContain(keyId);
      } finally {
        await instance.close();
      }
    }
    // Whoever has the table and not the secret learns nothing by trying.
    expectProblem(await app.api.login(email), 401, 'invalid_credentials');
  });
});

describe('The owner of an account is told', () => {
  it.each([
    ['en', 'The right password after several wrong ones'],
    ['ko', '여러 번 실패한 뒤 올바른 비밀번호가 입력되었습니다'],
  ])('LG-12 of a success after several failures, in "%s", and so is the log', async (locale, subject) => {
    const email = await app.api.verifiedUser({ locale });
    const userId = await people.idOf(email);
    const source = freshSource();
    await people.fail(3, email, source);

    expect((await people.signIn(email, PASSWORD, source)).status).toBe(200);

    await app.mailsSent();
    const [mail, ...others] = (await app.mails(email)).filter((each) => decoded(each.subject) === subject);
    expect(others).toEqual([]);
    expect(mail).toMatchObject({ language: locale });
    expect(mail?.text).toMatch(/\b3\b|3번/);
    expect(app.logs().filter((line) => line['event'] === 'authn_login_successafterfail')).toContainEqual(
      expect.objectContaining({ userId, count: 3 }),
    );
  });

  it.each([
    ['en', 'All other devices were signed out'],
    ['ko', '비밀번호가 변경되었습니다'],
  ])('PW-16 of a changed and of a reset password, in "%s"', async (locale, text) => {
    const email = await app.api.verifiedUser({ locale });
    const { accessToken } = await app.api.signIn(email);
    const told = async (): Promise<number> => {
      await app.mailsSent();
      return (await app.mails(email)).filter((mail) => mail.text.includes(text)).length;
    };

    const change = { currentPassword: PASSWORD, newPassword: 'neun Zwetschgen im Korb 43' };
    expect((await app.api.post('/api/v1/users/me/password', change, { token: accessToken })).status).toBe(204);
    expect(await told()).toBe(1);
    const before = (await app.mails(email)).length;
    await app.api.forgot(email);
    expect((await app.api.resetPassword((await app.mail(email, before + 1)).token, PASSWORD)).status).toBe(204);
    expect(await told()).toBe(2);
  });

  it('LG-12 of a device that had not signed in before, and of none a second time', async () => {
    const email = await app.api.verifiedUser();
    const source = freshSource();
    const device = await people.known(email, source);
    await app.mailsSent();
    const before = (await app.mails(email)).length;
    expect(before).toBe(1);

    await people.signIn(email, PASSWORD, source, device);
    await people.known(email, source);
    await people.known(email, source);

    await app.mailsSent();
    const after = (await app.mails(email)).slice(before);
    expect(after.map(({ subject }) => subject)).toEqual(['New sign-in to your account']);
  });
});
