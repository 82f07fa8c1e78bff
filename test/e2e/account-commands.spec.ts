import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { COMPILED_ONCE } from '../support/process.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const CLI = join(import.meta.dirname, '../../dist/apps/user-service/src/cli.js');
const PASSWORD = 'correct horse battery staple';

describe('ID-10 The first administrator', () => {
  let test: TestApp;

  beforeAll(async () => {
    test = await startTestApp();
  });
  afterAll(() => test.close());

  function run(args: readonly string[], input: string): { status: number | null; out: string; err: string } {
    const env = { PATH: process.env['PATH'], ...COMPILED_ONCE, ...test.env };
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { env, input, encoding: 'utf8' });
    return { status, out: stdout.trim(), err: stderr.trim() };
  }

  it('does not exist until an operator makes one', async () => {
    expect(await test.sql.query('SELECT 1 FROM user_service.users')).toEqual([]);
  });

  it('can sign in at once, with its birth recorded as the system’s act', async () => {
    const made = run(['create-admin', '--email', 'Boss@Example.com'], `${PASSWORD}\n`);

    expect(made).toEqual({ status: 0, out: 'The administrator can sign in now.', err: '' });
    const answer = await fetch(`${test.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'boss@example.com', password: PASSWORD }),
    });
    expect(await answer.json()).toMatchObject({ user: { email: 'boss@example.com', roles: ['user', 'admin'] } });
    const events = await test.sql.query(
      `SELECT payload ->> 'type' AS type, payload #>> '{data,actor,type}' AS actor FROM user_service.outbox
        WHERE topic = 'audit' AND payload ->> 'type' LIKE 'identity.%' ORDER BY id`,
    );
    expect(events).toEqual([
      { type: 'identity.registered', actor: 'system' },
      { type: 'identity.email_verified', actor: 'system' },
      { type: 'identity.roles_changed', actor: 'system' },
    ]);
  });

  it.each([
    ['a taken address', ['create-admin', '--email', 'boss@example.com'], `${PASSWORD}\n`, 1, 'The address is taken'],
    [
      'a weak password',
      ['create-admin', '--email', 'two@example.com'],
      'password1234\n',
      1,
      'too easy to guess: common',
    ],
    ['a password of 257', ['create-admin', '--email', 'two@example.com'], `${'long '.repeat(51)}xy\n`, 1, '256'],
    ['no password', ['create-admin', '--email', 'two@example.com'], '', 1, 'too_short'],
    ['what is no address', ['create-admin', '--email', 'two'], `${PASSWORD}\n`, 1, 'Not an e-mail address'],
    ['an unknown option', ['create-admin', '--mail', 'two@example.com'], `${PASSWORD}\n`, 1, 'Unknown option'],
    ['an unknown command', ['create-emperor'], '', 2, 'Usage: npm run cli'],
  ])('is refused for %s in one line, and nothing changes', async (_case, args, input, status, reason) => {
    const before = await test.sql.query('SELECT count(*) FROM user_service.users');

    const refused = run(args, input);

    expect(refused.status).toBe(status);
    expect(refused.err).toContain(reason);
    expect(refused.err).not.toContain('    at ');
    expect(refused.out).toBe('');
    expect(await test.sql.query('SELECT count(*) FROM user_service.users')).toEqual(before);
  });

  describe('RC-08 An operator who starts a reset', () => {
    it('has a link mailed to the owner, learns nothing of it, and chooses no password', async () => {
      const email = await test.api.verifiedUser();
      const sent = run(['send-password-reset', '--email', email.toUpperCase()], '');

      expect(sent).toEqual({ status: 0, out: '', err: 'The link is on its way; the running service sends it.' });
      const { token, text } = await test.mail(email, 2);
      expect(text).toContain('/reset-password?token=');
      expect((await test.api.resetPassword(token, 'neun Quitten rollen bergab 71')).status).toBe(204);
      expect(run(['send-password-reset', '--email', email, '--password', 'x'], '').status).toBe(1);
    });

    it.each([
      ['nobody', ['--email', 'nobody@example.com'], 'No such user'],
      ['what is no id', ['--user', 'me'], '--user must be a UUID'],
      ['neither', [], 'Give either --user or --email'],
    ])('is told about %s', (_case, args, reason) => {
      expect(run(['send-password-reset', ...args], '')).toEqual({ status: 1, out: '', err: reason });
    });
  });

  const ON_DEVICES = 'What had failed on devices that are known is forgotten as well.';

  describe('LG-03 An operator who unlocks an account', () => {
    const unlocks = (): Promise<{ actor: string }[]> =>
      test.sql.query(
        `SELECT payload #>> '{data,actor,type}' AS actor FROM user_service.outbox
          WHERE topic = 'audit' AND payload ->> 'type' = 'identity.account_unlocked'`,
      );

    it('lets its owner in where failures kept them out, which is told once as the act of the system', async () => {
      const email = await test.api.verifiedUser();
      for (let n = 0; n < 5; n += 1) expect((await test.api.login(email, `wrong ${String(n)}`)).status).toBe(401);
      expect((await test.api.login(email)).status).toBe(429);

      const unlocked = run(['unlock-account', '--email', email.toUpperCase()], '');

      expect(unlocked).toEqual({
        status: 0,
        out: '',
        err: `At the address 5 sign-ins in a row had failed. They keep this user out no longer. ${ON_DEVICES}`,
      });
      expect((await test.api.login(email)).status).toBe(200);
      expect(await unlocks()).toEqual([{ actor: 'system' }]);
    });

    it.each([
      [0, 'At the address no sign-in had failed since the last one that succeeded.'],
      [4, 'At the address 4 sign-ins in a row had failed. That had kept nobody out.'],
    ])(
      'says what it has forgotten of the address, and is told where that kept nobody out: %d failures',
      async (failures, said) => {
        const email = await test.api.verifiedUser();
        const before = await unlocks();
        for (let n = 0; n < failures; n += 1) await test.api.login(email, `wrong ${String(n)}`);

        expect(run(['unlock-account', '--email', email], '')).toEqual({
          status: 0,
          out: '',
          err: `${said} ${ON_DEVICES}`,
        });
        // Devices have counters of their own, which nobody finds by the account.
        expect(await unlocks()).toEqual([...before, { actor: 'system' }]);
        // It is forgotten all the same.
        for (let n = 0; n < 5; n += 1) expect((await test.api.login(email, `worse ${String(n)}`)).status).toBe(401);
      },
    );

    it('is told when there is nobody to unlock', () => {
      const refused = run(['unlock-account', '--email', 'nobody@example.com'], '');

      expect(refused).toEqual({ status: 1, out: '', err: 'No such user' });
    });
  });
});
