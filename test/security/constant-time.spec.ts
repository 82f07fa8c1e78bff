import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const SOURCES = ['apps/user-service/src', 'libs'];

const SECRET = String.raw`[\w.]*(?:[hH]ash|[tT]oken|[sS]ecret|[dD]igest|[sS]ignature|[mM]ac|[pP]epper|apiKey)\b(?:\(\w*\))?`;
// What a secret may be compared with: nothing, or a word of the program.
const HARMLESS = String.raw`(?!\s*(?:undefined|null|'|"|\d|true|false))`;
const VARIABLE_TIME = [
  new RegExp(String.raw`\b${SECRET}\s*[!=]={1,2}(?!=)${HARMLESS}`),
  new RegExp(String.raw`(?<!undefined|null|['"\d])\s[!=]==\s*${SECRET}`),
  /\bBuffer\.compare\(/,
  /\.equals\(/,
  new RegExp(String.raw`\.(?:includes|indexOf|startsWith|localeCompare)\(${SECRET}`),
];

/** Lines that compare what may be a secret with something, in a time that depends on how much of it is right. */
function offences(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\/\/.*|^\s*\*.*/, ''))
    .filter((line) => VARIABLE_TIME.some((pattern) => pattern.test(line)))
    .map((line) => line.trim());
}

async function sources(): Promise<string[]> {
  const paths: string[] = [];
  for (const folder of SOURCES) {
    const entries = await readdir(join(ROOT, folder), { recursive: true });
    paths.push(...entries.map((entry) => join(folder, entry)));
  }
  return paths.filter((path) => /\.ts$/.test(path) && !/\.spec\.ts$|\/testing\//.test(path));
}

describe('DP-05 Secrets are compared in constant time', () => {
  it.each([
    'if (row.tokenHash === hash) return true;',
    'return sent !== settings.token;',
    'if (digest(sent) === expected) return;',
    'const ok = stored.request_hash.equals(claim.request);',
    'return Buffer.compare(a, b) === 0;',
    'return known.includes(apiKey);',
    'if (expected !== signature) throw new Error();',
  ])('the search finds: %s', (line) => {
    expect(offences(line)).toEqual([line]);
  });

  it.each([
    'if (token === undefined) return;',
    "if (header.kind === 'token') return header.token;",
    'if (found === null) return;',
    'return timingSafeEqual(digest(sent), digest(settings.token));',
    '// a hash === another hash',
  ])('and leaves alone: %s', (line) => {
    expect(offences(line)).toEqual([]);
  });

  it('no source of the service does it otherwise', async () => {
    // Comparisons of configured keys with each other at start: nobody outside sends any of them.
    const atStart = ['apps/user-service/src/config/rules.ts', 'apps/user-service/src/config/signing-keys.ts'];
    const paths = (await sources()).filter((path) => !atStart.includes(path));
    expect(paths.length).toBeGreaterThan(100);

    const found: string[] = [];
    for (const path of paths) {
      found.push(...offences(await readFile(join(ROOT, path), 'utf8')).map((line) => `${path}: ${line}`));
    }

    // Each event of a chain says itself what the hash of the one before it is: no secret.
    expect(found.filter((line) => !/\.prevhash === this\.#head\.hash\./.test(line))).toEqual([]);
  });

  it('what a caller sends is hashed first and looked up by its digest', async () => {
    for (const path of [
      'libs/identity/src/infrastructure/persistence/one-time-tokens.postgres.ts',
      'libs/session/src/infrastructure/persistence/refresh-tokens.postgres.ts',
    ]) {
      const text = await readFile(join(ROOT, path), 'utf8');
      expect(text).toMatch(/WHERE (\w\.)?(token_)?hash = \$1/);
      expect(text).toMatch(/hashOf\(token\)/);
    }
  });

  it('signatures of access tokens too', () => {
    const passportJwt = createRequire(createRequire(import.meta.url).resolve('passport-jwt'));
    const jsonwebtoken = createRequire(passportJwt.resolve('jsonwebtoken'));
    const jws = createRequire(jsonwebtoken.resolve('jws'));

    expect(readFileSync(jws.resolve('jwa'), 'utf8')).toMatch(/timingSafeEqual|buffer-equal-constant-time/);
  });
});
