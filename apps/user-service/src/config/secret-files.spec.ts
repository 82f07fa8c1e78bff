import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../config.js';
import { debug, jwtSecret, production, refusal, refused } from './testing/environments.js';

describe('DP-04: secrets from files', () => {
  let folder: string;
  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['JWT_SECRET', (config: ReturnType<typeof loadConfig>) => config.jwt.secret],
    ['DATABASE_URL', (config: ReturnType<typeof loadConfig>) => config.database.url],
    ['PASSWORD_PEPPER', (config: ReturnType<typeof loadConfig>) => config.password.peppers[0]?.secret],
    ['METRICS_TOKEN', (config: ReturnType<typeof loadConfig>) => config.metrics.token],
    ['AUDIT_SERVICE_API_KEY', (config: ReturnType<typeof loadConfig>) => config.audit.apiKey],
  ])('reads %s_FILE without one newline at its end', (name, read) => {
    const value =
      name === 'DATABASE_URL' ? 'postgresql://u:p@localhost:5432/db?sslmode=disable' : randomBytes(64).toString('hex');
    const env = { ...debug, [name]: undefined, [`${name}_FILE`]: file(name, `${value}\n`) };
    expect(read(loadConfig(env))).toBe(value);
  });

  it('trims one newline only', () => {
    const path = file('two-newlines', `${jwtSecret}\n\r\n`);
    expect(loadConfig({ ...debug, JWT_SECRET: undefined, JWT_SECRET_FILE: path }).jwt.secret).toBe(`${jwtSecret}\n`);
  });

  it('refuses a variable and its file together, an empty file and an unreadable one, naming no path', () => {
    const both = refusal({ ...debug, JWT_SECRET_FILE: file('both', jwtSecret) });
    const empty = refusal({ ...debug, PASSWORD_PEPPER_FILE: file('empty', '\n') });
    const missing = refusal({ ...debug, JWT_SECRET: undefined, JWT_SECRET_FILE: join(folder, 'nowhere') });
    expect(both.message).toMatch(/^ {2}JWT_SECRET and JWT_SECRET_FILE must not both be set$/m);
    expect(empty.problems.map(({ variable }) => variable)).toEqual(['PASSWORD_PEPPER_FILE']);
    expect(missing.problems.map(({ variable }) => variable)).toEqual(['JWT_SECRET_FILE']);
    for (const { message } of [both, empty, missing]) expect(message).not.toContain(folder);
  });

  it('judges the content of a file as it judges the variable', () => {
    const env = { ...production, JWT_SECRET: undefined, JWT_SECRET_FILE: file('weak', 'x'.repeat(64)) };
    expect(refused(env)).toEqual(['JWT_SECRET']);
  });
});
