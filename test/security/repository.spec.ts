import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { loadConfig } from '../../apps/user-service/src/config.js';

const ROOT = join(import.meta.dirname, '../..');
/** The patterns stand in here themselves. */
const THIS_FILE = 'test/security/repository.spec.ts';

const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' });
const files = git('ls-files', '-z')
  .split('\0')
  .filter((name) => name !== '' && isFile(name));
const texts = new Map(
  files.filter((name) => name !== THIS_FILE).map((name) => [name, readFileSync(join(ROOT, name), 'utf8')]),
);

/** A tracked file may be gone from the working tree, or be a link to a folder. */
function isFile(name: string): boolean {
  return statSync(join(ROOT, name), { throwIfNoEntry: false })?.isFile() === true;
}

/** `file: what was found`, for every file in which the pattern occurs. */
function found(pattern: RegExp, allowed: (match: string, file: string) => boolean = () => false): string[] {
  const all = new RegExp(pattern.source, `${pattern.flags}g`);
  return [...texts].flatMap(([file, text]) =>
    [...text.matchAll(all)]
      .filter(([match]) => !allowed(match, file))
      .map(([match]) => `${file}: ${match.slice(0, 80)}`),
  );
}

/** Made to be seen: counting up, one letter over and over, or the words of an example. */
function isPlainlyFake(text: string): boolean {
  return new Set(text).size < 16 || /(?:example|canary|sample|dummy|test|secret|0123456789|abcdefgh)/i.test(text);
}

describe('DP-04 The repository', () => {
  it('is seen by this test', () => {
    expect(files).toEqual(expect.arrayContaining(['package.json', 'package-lock.json', '.env.example', THIS_FILE]));
    expect(files.length).toBeGreaterThan(300);
  });

  it('holds no files that are made to hold secrets', () => {
    const names =
      /(?:^|\/)(?:\.env(?:\.(?!example$)\w+)?|id_(?:rsa|ed25519|ecdsa)|\.npmrc\.auth|\.pgpass|\.netrc|keys\.json)$/;
    const kinds = /\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ovpn|dump|sqlite|eml)$/i;
    expect(files.filter((name) => names.test(name) || kinds.test(name))).toEqual([]);
    expect(() => git('check-ignore', '.env', '.data/keys.json')).not.toThrow();
  });

  const word = randomBytes(60).toString('hex');
  it.each([
    [
      'a private key',
      /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{20,}/,
      `-----BEGIN PRIVATE KEY-----\n${word}`,
    ],
    ['a private JWK', /"d"\s*:\s*"[A-Za-z0-9_-]{40,}"/, `"d": "${word}"`],
    ['an AWS key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, `AKIA${word.slice(0, 16).toUpperCase()}`],
    ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40,})/, `ghp_${word.slice(0, 36)}`],
    ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b|_authToken\s*=/, `npm_${word.slice(0, 36)}`],
    ['a Google or Slack key', /\bAIza[0-9A-Za-z_-]{35}\b|\bxox[abprs]-[0-9A-Za-z-]{10,}/, `xoxb-${word}`],
    ['a signed JWT', /\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{40,}/, `eyJ${word}.eyJ${word}.${word}`],
    ['an API key of this service', /\busk_[A-Za-z0-9]{6,}_[\w-]{30,}/, `usk_abcdef_${word}`],
  ])('holds nothing that looks like %s', (_what, pattern, sample) => {
    expect(sample).toMatch(pattern);
    expect(found(pattern, isPlainlyFake)).toEqual([]);
  });

  it('sets no secret to a value that a start in production would take', () => {
    const assigned =
      /(?:JWT_SECRET|BLIND_INDEX_KEY|DATA_ENCRYPTION_KEYS|PASSWORD_PEPPER|METRICS_TOKEN)['"]?\s*[:=]\s*['"`]?[^\s'"`$({,;]{32,}/;
    const env = Object.fromEntries(
      [...(texts.get('.env.example') ?? '').matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    );
    expect(() => loadConfig({ ...env, DEBUG: 'false' })).toThrow(
      /JWT_SECRET[^]*DATA_ENCRYPTION_KEYS|DATA_ENCRYPTION_KEYS[^]*JWT_SECRET/,
    );
    expect(
      found(assigned, (match, file) => file === '.env.example' || isPlainlyFake(match.replace(/^\w+/, ''))),
    ).toEqual([]);
  });

  it('names no registry: packages come from wherever the machine is set to', () => {
    const lock = JSON.parse(texts.get('package-lock.json') ?? '{}') as { packages: Record<string, object> };
    expect(Object.keys(lock.packages).length).toBeGreaterThan(300);
    expect(
      Object.entries(lock.packages)
        .filter(([, entry]) => 'resolved' in entry)
        .map(([name]) => name),
    ).toEqual([]);
    expect(found(/\b(?:registry\.(?:npmjs|yarnpkg|npmmirror)\.\w+|npm\.pkg\.github\.com|^\s*registry\s*=)/m)).toEqual(
      [],
    );
  });

  it('names no folder of the machine it was written on', () => {
    expect(found(/(?<![\w.:/-])\/(?:root|work|Users\/\w+|home\/(?!node\b)\w+)\/[\w.-]*/)).toEqual([]);
  });
});
