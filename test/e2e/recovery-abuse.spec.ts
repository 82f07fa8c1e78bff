import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail } from '../support/api-client.js';
import { expectProblem } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const NEW_PASSWORD = 'neun Quitten rollen bergab 71';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ RECOVERY_MAILS_PER_SOURCE: '1000' });
});
afterAll(() => app.close());

describe('RC-05 Asking is bounded and harmless', () => {
  it('three mails an hour to one account, in whatever number and form they are asked for', async () => {
    const user = await app.api.signedInUser();
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => app.api.forgot(n % 2 === 0 ? user.email : user.email.toUpperCase())),
    );
    await app.mailsSent();

    expect(await app.mails(user.email)).toHaveLength(1 + 3);
    expect((await app.api.me(user.accessToken)).status).toBe(200);
    expect((await app.api.login(user.email)).status).toBe(200);
    // An hour later there is another one.
    await app.sql.query(
      `UPDATE user_service.one_time_tokens SET created_at = created_at - interval '61 minutes' WHERE user_id = $1`,
      [user.userId],
    );
    await app.api.forgot(user.email);
    await app.mail(user.email, 5);
  });

  describe('and by its source', () => {
    let strict: TestApp;
    beforeAll(async () => {
      strict = await startTestApp({ RECOVERY_MAILS_PER_SOURCE: '2', TRUSTED_PROXIES: '127.0.0.1' });
    });
    afterAll(() => strict.close());

    const ask = async (email: string, ip: string): Promise<number> =>
      (await strict.api.forgot(email, { headers: { 'x-forwarded-for': ip } })).status;

    it('which learns nothing from it: asking for nobody uses it up like asking for somebody', async () => {
      const own = await strict.api.verifiedUser();
      for (let n = 0; n < 2; n += 1) expect(await ask(freshEmail(), '198.51.100.8')).toBe(202);
      expect(await ask(own, '198.51.100.8')).toBe(202);
      await strict.mailsSent();
      expect(await strict.mails(own)).toHaveLength(1);
      // Operators see it.
      expect((await strict.api.get('/metrics')).text).toMatch(/^recovery_requests_refused_total 1$/m);

      await ask(own, '198.51.100.9');
      await strict.mail(own, 2);
    });

    it('nor from a password that is too long for an old hash, which costs the same at every address', async () => {
      const own = await strict.api.verifiedUser();
      const headers = { 'x-forwarded-for': '198.51.100.10' };
      for (const email of [freshEmail(), await strict.api.verifiedUser()]) {
        expectProblem(await strict.api.login(email, 'x'.repeat(73), {}, { headers }), 401, 'invalid_credentials');
      }
      await ask(own, '198.51.100.10');
      await strict.mailsSent();

      expect(await strict.mails(own)).toHaveLength(1);
    });

    it('which gets the same answer and no mail when it has caused enough', async () => {
      await strict.sql.query('DELETE FROM user_service.recovery_sources');
      const before = (await strict.mails()).filter(({ text }) => text.includes('/reset-password?')).length;
      const users = await Promise.all(Array.from({ length: 4 }, () => strict.api.verifiedUser()));
      const mailed = async (): Promise<number> => {
        await strict.mailsSent();
        const mails = await strict.mails();
        return mails.filter(({ text }) => text.includes('/reset-password?')).length - before;
      };

      for (const email of users) expect(await ask(email, '198.51.100.7')).toBe(202);
      expect(await mailed()).toBe(2);
      // Neighbours in an IPv6 /64 are one source; those of another are not.
      for (const [n, email] of users.entries()) await ask(email, `2001:db8:0:1::${n + 1}`);
      expect(await mailed()).toBe(4);
      await ask(users[3]!, '2001:db8:0:2::1');
      expect(await mailed()).toBe(5);
      // An hour later there is more.
      await strict.sql.query(`UPDATE user_service.recovery_sources SET expires_at = now() - interval '1 second'`);
      await ask(users[2]!, '198.51.100.7');
      expect(await mailed()).toBe(6);
      const rows = await strict.sql.query<{ row: string }>(
        'SELECT to_jsonb(s)::text AS row FROM user_service.recovery_sources s',
      );
      expect(rows).toHaveLength(3);
      for (const { row } of rows) expect(row).not.toContain('198.51');
    });
  });
});

describe('RC-05 A flood', () => {
  it('for nobody and for one account keeps an honest request waiting for moments', async () => {
    const [honest, flooded] = await Promise.all([app.api.verifiedUser(), app.api.verifiedUser()]);
    await Promise.all(Array.from({ length: 150 }, (_, n) => app.api.forgot(n % 3 === 0 ? flooded : freshEmail())));
    const started = performance.now();
    await app.api.forgot(honest);
    await app.mail(honest, 2);

    expect(performance.now() - started).toBeLessThan(5_000);
    await app.mailsSent();
    expect(await app.mails(flooded)).toHaveLength(1 + 3);
  });

  it('leaves nothing behind that is mailed hours later', async () => {
    const email = await app.api.verifiedUser();
    await app.sql.query('BEGIN');
    // Whoever looks at the request waits for the account, fails, and comes back later.
    await app.sql.query('SELECT 1 FROM user_service.users FOR UPDATE');
    await app.api.forgot(email);
    await app.sql.query(`UPDATE user_service.recovery_requests SET created_at = now() - interval '61 minutes'`);
    await app.sql.query('COMMIT');
    await app.mailsSent();

    expect(await app.mails(email)).toHaveLength(1);
  });
});

describe('RC-07 Whoever registers somebody else’s address gets nothing by it', () => {
  it('after its owner sets a password: not by the password, nor by the link, nor by anything that was written there', async () => {
    const victim = freshEmail('victim');
    await app.api.register(victim, {
      password: 'the attacker knows this 1',
      displayName: 'Call +1 900 555',
      consents: [{ purpose: 'marketing_email', version: '1', granted: true }],
    });
    const attackers = (await app.mail(victim)).token;
    await app.api.forgot(victim);
    const { token } = await app.mail(victim, 2);

    expect((await app.api.resetPassword(token, NEW_PASSWORD)).status).toBe(204);

    expectProblem(await app.api.login(victim, 'the attacker knows this 1'), 401, 'invalid_credentials');
    expectProblem(await app.api.verify(attackers), 400, 'token_invalid');
    const { accessToken, userId } = await app.api.signIn(victim, NEW_PASSWORD);
    expect((await app.api.me(accessToken)).body).toMatchObject({ emailVerified: true, displayName: null, phone: null });
    for (const table of ['consents WHERE user_id = $1', `one_time_tokens WHERE user_id = $1 AND used_at IS NULL`]) {
      expect(await app.sql.query(`SELECT 1 FROM user_service.${table}`, [userId])).toEqual([]);
    }
    const sessions = await app.sql.query('SELECT 1 FROM user_service.sessions WHERE user_id = $1', [userId]);
    expect(sessions).toHaveLength(1);
    const [event] = await app.sql.query<{ details: unknown }>(
      `SELECT payload #> '{data,details}' AS details FROM user_service.outbox
        WHERE payload ->> 'subject' = $1 AND payload ->> 'type' = 'identity.password_reset'`,
      [`user/${userId}`],
    );
    expect(event!.details).toEqual({ firstProof: true });
  });
});

describe('RC-08 An operator can start a reset, and not choose the password', () => {
  it('no operation but those of the owner has a field for a password', async () => {
    const { body } = await app.api.get('/openapi.json');
    const schemas = (body['components'] as { schemas: Record<string, { properties?: object }> }).schemas;
    const withPassword = Object.entries(schemas)
      .filter(([, { properties = {} }]) => Object.keys(properties).some((name) => /password/i.test(name)))
      .map(([name]) => name);

    expect(withPassword.sort()).toEqual([
      'ChangePasswordDto',
      'LoginDto',
      'ReauthenticateDto',
      'RegisterDto',
      'ResetPasswordDto',
    ]);
  });
});
