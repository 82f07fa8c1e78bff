import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { LEGACY_PASSWORD, legacyHash, legacyUser, writeExport } from '../support/legacy-users.js';
import { OutdatedHashes } from '../../libs/identity/src/infrastructure/outdated-hashes.metrics.js';
import { COMPILED_ONCE } from '../support/process.js';
import { expectProblem } from '../support/expectations.js';
import { challenge, verify } from '../support/mfa.js';
import { codeOf, wrongCodeOf } from '../support/oathtool.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const CLI = join(import.meta.dirname, '../../dist/apps/user-service/src/cli.js');
// The form with 100 000 was run by hand: `IMPORT_USERS=100000`.
const MANY = Number(process.env['IMPORT_USERS'] ?? '12000');
const PATIENCE = 240_000;

interface Finished {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

let app: TestApp;
let folder: string;
let file: string;
let hash: string;

beforeAll(async () => {
  app = await startTestApp();
  folder = await mkdtemp(join(tmpdir(), 'import-'));
  hash = await legacyHash();
});
beforeEach(async () => {
  file = join(folder, 'users.jsonl');
  await app.sql.query('TRUNCATE user_service.users, user_service.outbox, user_service.legacy_imports CASCADE');
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

function start(...args: readonly string[]): { child: ChildProcess; finished: Promise<Finished> } {
  // As much memory as a small machine gives; what grows with the number of lines does not fit into it.
  const env = { PATH: process.env['PATH'], ...COMPILED_ONCE, ...app.env, NODE_OPTIONS: '--max-old-space-size=96' };
  const child = spawn(process.execPath, [CLI, 'import-users', file, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return {
    child,
    finished: once(child, 'close').then(([status]) => ({
      status: status as number | null,
      out: out.trim(),
      err: err.trim(),
    })),
  };
}

const run = (...args: readonly string[]): Promise<Finished> => start(...args).finished;
const summaryOf = ({ out }: Finished): unknown => JSON.parse(out);
const countOf = async (table: string): Promise<number> =>
  (await app.sql.query<{ n: number }>(`SELECT count(*)::integer AS n FROM user_service.${table}`))[0]!.n;
/** As `/metrics` has it once they are counted, which happens every ten minutes. */
async function outdated(): Promise<Record<string, number>> {
  await app.app.get(OutdatedHashes, { strict: false }).count();
  const { text } = await app.api.get('/metrics');
  const found = text.matchAll(/^password_hashes_outdated\{kind="(\w+)"[^}]*\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, kind = '', count]) => [kind, Number(count)] as const));
}
const refusals = async (report = `${file}.refused.jsonl`): Promise<unknown[]> =>
  (await readFile(report, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);

describe('import-users', () => {
  it('PW-08 brings users whose passwords work at once, with roles, names and ids', async () => {
    const [a, y] = [await legacyHash('a'), await legacyHash('y')];
    await writeExport(file, [
      legacyUser(1, hash, { email: ' Legacy.1@EXAMPLE.com', roles: ['user', 'admin'] }),
      legacyUser(2, a),
      legacyUser(3, y, { phone: '+821012345678' }),
    ]);

    expect(summaryOf(await run())).toEqual({ read: 3, imported: 3, present: 0, refused: 0 });

    for (const n of [1, 2, 3]) {
      const { accessToken, userId } = await app.api.signIn(`legacy.${n}@example.com`, LEGACY_PASSWORD);
      expect(userId).toBe(legacyUser(n, hash)['id']);
      expect((await app.api.me(accessToken)).body).toMatchObject({
        displayName: `이용자 ${n}`,
        emailVerified: true,
        roles: n === 1 ? ['user', 'admin'] : ['user'],
        createdAt: '2024-05-01T03:04:05.678Z',
        phone: n === 3 ? '+821012345678' : null,
      });
    }
    expect(
      await app.sql.query(`SELECT 1 FROM user_service.outbox WHERE payload ->> 'type' = 'identity.imported'`),
    ).toHaveLength(3);
  });

  it('PW-08 shows on /metrics whose passwords are still stored in an older way', async () => {
    await writeExport(file, [legacyUser(1, hash), legacyUser(2, hash), legacyUser(3, hash)]);
    await run();
    expect(await outdated()).toEqual({ bcrypt: 3, argon2: 0 });

    for (const n of [1, 2, 3]) await app.api.signIn(`legacy.${n}@example.com`, LEGACY_PASSWORD);
    expect(await outdated()).toEqual({ bcrypt: 0, argon2: 0 });
    // One with weaker settings, one with a pepper that is configured no more.
    for (const [n, made] of ['m=19456,t=1,p=1', 'm=19456,t=2,p=1,keyid=b2xk'].entries()) {
      await app.sql.query(
        `UPDATE user_service.users SET password_hash = replace(password_hash, 'm=19456,t=2,p=1', $1) WHERE id = $2`,
        [made, legacyUser(n + 1, hash)['id']],
      );
    }
    expect(await outdated()).toEqual({ bcrypt: 0, argon2: 2 });
  });

  it('keeps who had an authenticator app at having one, and leaves out that of an address that nobody proved', async () => {
    const totpSecret = 'JBSW Y3DP EHPK 3PXP jbsw y3dp ehpk 3pxp';
    await writeExport(file, [
      legacyUser(1, hash, { totpSecret }),
      legacyUser(2, hash, { totpSecret, emailVerified: false }),
      legacyUser(3, hash, { status: 'disabled' }),
      legacyUser(4, hash, { passwordHash: null }),
    ]);
    await run();

    const factors = await app.sql.query(
      `SELECT f.user_id, u.mfa_enabled, f.confirmed_at IS NOT NULL AS works, position('JBSW' in encode(f.secret_enc, 'escape')) AS clear
         FROM user_service.mfa_factors f JOIN user_service.users u ON u.id = f.user_id`,
    );
    expect(factors).toEqual([{ user_id: legacyUser(1, hash)['id'], mfa_enabled: true, works: true, clear: 0 }]);
    const mfaToken = await challenge(app, 'legacy.1@example.com', LEGACY_PASSWORD);
    expectProblem(await verify(app, mfaToken, wrongCodeOf(totpSecret)), 401, 'mfa_invalid');
    const signedIn = await verify(app, mfaToken, codeOf(totpSecret));
    expect(signedIn.status).toBe(200);
    expect(signedIn.body['user']).toMatchObject({ id: legacyUser(1, hash)['id'] });
    const statuses = await Promise.all(
      [2, 3, 4].map(async (n) => (await app.api.login(`legacy.${n}@example.com`, LEGACY_PASSWORD)).status),
    );
    expect(statuses).toEqual([403, 401, 401]);
    await app.api.forgot('legacy.4@example.com');
    const { token } = await app.mail('legacy.4@example.com');
    expect((await app.api.resetPassword(token, 'neun Quitten rollen bergab 71')).status).toBe(204);
    expect((await app.api.login('legacy.4@example.com', 'neun Quitten rollen bergab 71')).status).toBe(200);
  });

  it('says of each refused line its number and the reason, and never what stands in it', async () => {
    await app.api.verifiedUser({}, 'taken@example.com');
    const [taken] = await app.sql.query<{ id: string }>('SELECT id FROM user_service.users');
    await app.mailsSent();
    const cases: readonly (readonly [reason: string, line: object | string])[] = [
      ['malformed_json', '{"email":'],
      ['not_an_object', '["canary"]'],
      ['unknown_member', { nickname: 'canary' }],
      ['invalid_email', { email: 'canary' }],
      ['missing_email', { email: undefined }],
      ['missing_password_hash', { passwordHash: undefined }],
      ['invalid_password_hash', { passwordHash: 'canary-in-the-clear' }],
      ['password_hash_too_costly', { passwordHash: hash.replace('$04$', '$14$') }],
      ['time_in_future', { passwordChangedAt: '2999-01-01T00:00:00Z' }],
      ['unknown_role', { roles: ['emperor'] }],
      ['invalid_roles', { roles: 'admin' }],
      ['invalid_id', { id: '42' }],
      ['invalid_phone', { phone: '010-1234-5678' }],
      ['invalid_totp_secret', { totpSecret: 'canary!' }],
      ['invalid_created_at', { createdAt: 'yesterday' }],
      ['invalid_display_name', { displayName: 'two\nlines' }],
      ['invalid_email_verified', { emailVerified: 'yes' }],
      ['invalid_status', { status: 'canary' }],
      ['line_too_long', `{"email":"${'x'.repeat(70_000)}@example.com"}`],
      ['address_taken', { email: 'taken@example.com' }],
      ['id_taken', { id: taken!.id }],
      ['imported', {}],
    ];
    const lines = cases.map(([, line], n) => (typeof line === 'string' ? line : legacyUser(n, hash, { ...line })));
    const last = legacyUser(cases.length - 1, hash);
    await writeExport(file, ['', ...lines, last, { ...last, displayName: 'another' }]);
    const report = join(folder, 'report.jsonl');
    const finished = await run('--report', report);

    expect(finished.status).toBe(1);
    expect(summaryOf(finished)).toEqual({ read: 24, imported: 1, present: 1, refused: 22 });
    expect(await refusals(report)).toEqual([
      ...cases.slice(0, -1).map(([reason], n) => ({ line: n + 2, reason })),
      { line: 25, reason: 'duplicate_in_file' },
    ]);
    expect((await stat(report)).mode & 0o777).toBe(0o600);
    expect(finished.err + finished.out + (await readFile(report, 'utf8'))).not.toMatch(/canary|example\.com/);
  });

  it('changes nothing when it is asked what it would do, nor when it is run again', async () => {
    await writeExport(file, [legacyUser(1, hash), legacyUser(2, hash)]);
    expect(summaryOf(await run('--dry-run'))).toMatchObject({ imported: 2 });
    expect([await countOf('users'), await countOf('outbox')]).toEqual([0, 0]);
    await run();
    await app.api.signIn('legacy.1@example.com', LEGACY_PASSWORD);
    const before = await app.sql.query('SELECT * FROM user_service.users ORDER BY id');

    const again = await run();

    expect(again).toMatchObject({ status: 0 });
    expect(summaryOf(again)).toEqual({ read: 2, imported: 0, present: 2, refused: 0 });
    expect(await app.sql.query('SELECT * FROM user_service.users ORDER BY id')).toEqual(before);
    await app.sql.query('DELETE FROM user_service.users WHERE id = $1', [legacyUser(2, hash)['id']]);
    // Whoever was erased here does not come back.
    expect(summaryOf(await run())).toEqual({ read: 2, imported: 0, present: 2, refused: 0 });
    expect(await countOf('users')).toBe(1);
    await writeExport(file, [legacyUser(1, hash, { displayName: 'changed there meanwhile' })]);
    expect((await run()).status).toBe(1);
    expect(await refusals()).toEqual([{ line: 1, reason: 'imported_differently' }]);
  });

  it('RC-07 lets nobody keep an address by registering it here before its owner moves', async () => {
    await app.api.register('legacy.1@example.com', { password: 'the attacker knows this 1' });
    const { token } = await app.mail('legacy.1@example.com');
    await app.api.register('legacy.2@example.com');
    await writeExport(file, [legacyUser(1, hash), legacyUser(2, hash, { emailVerified: false })]);
    await run();

    expect((await app.api.verify(token)).status).toBe(400);
    expect((await app.api.login('legacy.1@example.com', 'the attacker knows this 1')).status).toBe(401);
    expect((await app.api.login('legacy.1@example.com', LEGACY_PASSWORD)).status).toBe(200);
    // Neither of two who proved nothing goes before the other.
    expect(await refusals()).toEqual([{ line: 2, reason: 'address_taken' }]);
  });

  it(
    `moves ${MANY} users in a bounded memory although it is killed twice: each once, with their key, line and event`,
    async () => {
      await writeExport(
        file,
        (function* () {
          for (let n = 0; n < MANY; n += 1) yield legacyUser(n, hash);
        })(),
      );
      for (const part of [0.25, 0.6]) {
        const { child, finished } = start();
        await waitFor(async () => (await countOf('users')) > MANY * part, { timeoutMs: PATIENCE });
        child.kill('SIGKILL');
        await finished;
      }
      const cutOff = await countOf('users');
      expect(cutOff).toBeGreaterThan(MANY * 0.6);
      expect(cutOff).toBeLessThan(MANY);

      const { child, finished } = start();
      let peakKib = 0;
      const watch = setInterval(() => {
        void readFile(`/proc/${child.pid}/status`, 'utf8').then(
          (text) => (peakKib = Math.max(peakKib, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0))),
          () => undefined,
        );
      }, 100);
      const last = await finished;
      clearInterval(watch);

      expect(last).toMatchObject({ status: 0 });
      expect(summaryOf(last)).toEqual({ read: MANY, imported: MANY - cutOff, present: cutOff, refused: 0 });
      expect(last.err).toMatch(/^10 %[^]*^100 %[^]*Every line is in\.$/m);
      const counts = await Promise.all(['users', 'user_keys', 'legacy_imports'].map(countOf));
      const [events] = await app.sql.query<{ n: number; users: number }>(
        `SELECT count(*)::integer AS n, count(DISTINCT payload ->> 'subject')::integer AS users FROM user_service.outbox
          WHERE payload ->> 'type' = 'identity.imported'`,
      );
      expect([...counts, events]).toEqual([MANY, MANY, MANY, { n: MANY, users: MANY }]);
      // Most of it is the program itself; 100 000 lines weigh 40 MB, and users with their keys far more.
      expect(peakKib / 1_024).toBeLessThan(320);
      expect((await app.api.login(`legacy.${MANY - 1}@example.com`, LEGACY_PASSWORD)).status).toBe(200);
    },
    PATIENCE * 2,
  );
});
