import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ConfigError, loadConfig } from '../../apps/user-service/src/config.js';
import { VARIABLES } from '../../apps/user-service/src/config/variables.js';
import { expectProblem } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const ROOT = join(import.meta.dirname, '../..');

/** Every address and every quoted password of the documentation. */
function documented(): { emails: string[]; passwords: string[] } {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
  const text = [...docs, 'README.md', '.env.example'].map((name) => readFileSync(join(ROOT, name), 'utf8')).join('\n');
  const emails = text.match(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g) ?? [];
  const passwords = [...text.matchAll(/"?password"?\s*[:=]\s*"([^"]+)"/gi)].map(([, password = '']) => password);
  return { emails: [...new Set(emails)], passwords: [...new Set(passwords)] };
}

/** The file that the repository ships, taken as it is. */
function sampleEnvironment(): Record<string, string> {
  const lines = readFileSync(join(ROOT, '.env.example'), 'utf8').split('\n');
  const pairs = lines.map((line) => /^#?\s?([A-Z_]+)=(.+)$/.exec(line)).filter((match) => match !== null);
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}

describe('ID-10 There is no account and no secret that everybody knows', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });

  afterAll(async () => {
    await app.close();
  });

  it('a new database holds no user and no session', async () => {
    for (const table of ['users', 'user_keys', 'sessions', 'refresh_tokens', 'one_time_tokens']) {
      expect(await app.sql.query(`SELECT 1 FROM user_service.${table}`)).toEqual([]);
    }
  });

  it('no documented address signs in by a documented or a usual password', async () => {
    const { emails, passwords } = documented();
    expect(emails.length).toBeGreaterThan(0);
    expect(passwords.length).toBeGreaterThan(0);
    const usual = ['admin@example.com', 'admin@localhost', 'root@example.com'];

    for (const email of [...emails.slice(0, 10), ...usual]) {
      for (const password of [...passwords.slice(0, 5), 'admin', 'password', 'changeme']) {
        expectProblem(await app.api.login(email, password), 401, 'invalid_credentials');
      }
    }
  });

  it('production refuses every sample secret of the repository', () => {
    const samples = Object.entries(VARIABLES).filter(
      ([, variable]) => variable.secret && variable.sample !== undefined,
    );
    expect(samples.map(([name]) => name)).toEqual(
      expect.arrayContaining(['JWT_SECRET', 'DATA_ENCRYPTION_KEYS', 'BLIND_INDEX_KEY']),
    );
    for (const [name] of samples.filter(([secret]) => !/_URL$/.test(secret))) {
      expect(refusedIn({ ...sampleEnvironment(), DEBUG: 'false' })).toContain(name);
    }
  });

  function refusedIn(env: Record<string, string>): string[] {
    try {
      loadConfig(env);
      return [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.problems.map(({ variable }) => variable);
    }
  }
});
