import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { signingKeys } from '../../apps/user-service/src/cli/signing-key-tool.js';
import { expectUnauthorized } from '../support/expectations.js';
import { decodeJwt } from '../support/jwt.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

// As `npm run cli` starts it.
const CLI = join(import.meta.dirname, '../../dist/apps/local/src/cli.js');
const SILENT = { readSecret: async () => '', print: () => undefined, note: () => undefined };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signing-keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('npm run cli -- signing-keys', () => {
  it('needs neither configuration nor a database, and refuses in one line', () => {
    // From a folder without a local run.
    const options = { cwd: folder, env: { PATH: process.env['PATH'] }, encoding: 'utf8' } as const;
    const made = spawnSync(process.execPath, [CLI, 'signing-keys', 'generate'], options);
    const refused = spawnSync(process.execPath, [CLI, 'signing-keys', 'generate', '--force'], options);

    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(made.stdout)).toEqual({ keys: [expect.objectContaining({ alg: 'EdDSA' })] });
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^Unknown option[^\n]*\n$/);
  });
});

describe('TK-10 From JWT_SECRET to a first key, by the files of the command', () => {
  it('refuses nobody at any step', async () => {
    const [first, second] = [join(folder, 'a.json'), join(folder, 'b.json')];
    await signingKeys.run(['rotate', '--step', 'publish', '--out', first], SILENT);
    await signingKeys.run(['rotate', '--step', 'sign', '--in', first, '--out', second], SILENT);
    const shared = await startTestApp();
    const started: TestApp[] = [];
    const beside = async (file: string, more: Readonly<Record<string, string>> = {}): Promise<TestApp> => {
      const app = await startTestApp({ JWT_SIGNING_KEYS_FILE: file, ...more }, shared);
      started.unshift(app);
      return app;
    };
    try {
      const { email } = await shared.api.signedInUser();
      const published = await beside(first);
      const signing = await beside(second, { JWT_ACCEPT_HS512: 'true' });
      const complete = await beside(second);
      const tokenOf = async ({ api }: TestApp): Promise<string> => (await api.signIn(email)).accessToken;
      const tokens = await Promise.all([shared, published, signing, complete].map(tokenOf));

      expect(tokens.map((token) => decodeJwt(token).header['alg'])).toEqual(['HS512', 'HS512', 'EdDSA', 'EdDSA']);
      const instances = [shared, published, signing, complete];
      // Neighbours stand side by side while a step is rolled out; the last begins when no token under the secret is left.
      for (const [one, other] of [
        [0, 1],
        [1, 0],
        [1, 2],
        [2, 1],
        [2, 3],
        [3, 2],
      ] as const) {
        expect([one, other, (await instances[one]!.api.me(tokens[other]!)).status]).toEqual([one, other, 200]);
      }
      expectUnauthorized(await complete.api.me(tokens[0]!), 'token_invalid');
    } finally {
      for (const { close } of started) await close();
      await shared.close();
    }
  });
});
