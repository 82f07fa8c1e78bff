import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../config.js';
import { debug, production, refusal, refused } from './testing/environments.js';

type Jwk = JsonWebKey & Readonly<Record<string, unknown>>;

const ed25519 = (kid: string): Jwk => ({ ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid });
const p256 = (kid: string): Jwk => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  kid,
});
const setOf = (...keys: unknown[]): string => JSON.stringify({ keys });
const { d: _private, ...PUBLIC_HALF } = ed25519('public');

describe('JWT_SIGNING_KEYS', () => {
  it('are none by default, and tokens under JWT_SECRET need no permission then', () => {
    expect(loadConfig(debug).jwt).toMatchObject({ signingKeys: [], acceptHs512: false });
  });

  it('keep their order, their ids and the algorithm of their curve', () => {
    const keys = [ed25519('2026-03'), { ...p256('2026-02'), alg: 'ES256', use: 'sig' }];
    const { jwt } = loadConfig({ ...production, JWT_SIGNING_KEYS: setOf(...keys), JWT_ACCEPT_HS512: 'true' });

    expect(jwt.signingKeys).toMatchObject([
      { kid: '2026-03', alg: 'EdDSA', signs: true },
      { kid: '2026-02', alg: 'ES256', signs: true },
    ]);
    expect(jwt.signingKeys.map(({ privateKey }) => privateKey.export({ format: 'jwk' }).d)).toEqual(
      keys.map(({ d }) => d),
    );
    expect(jwt.acceptHs512).toBe(true);
  });

  it('may hold one that is published and does not sign yet', () => {
    const keys = setOf({ ...p256('next'), key_ops: ['verify'] }, { ...p256('now'), key_ops: ['sign', 'verify'] });

    expect(loadConfig({ ...debug, JWT_SIGNING_KEYS: keys }).jwt.signingKeys.map(({ signs }) => signs)).toEqual([
      false,
      true,
    ]);
  });

  it('are read from a file like every secret', () => {
    const folder = mkdtempSync(join(tmpdir(), 'signing-keys-'));
    try {
      writeFileSync(join(folder, 'keys.json'), `${setOf(ed25519('from-file'))}\n`);
      const env = { ...debug, JWT_SIGNING_KEYS_FILE: join(folder, 'keys.json') };

      expect(loadConfig(env).jwt.signingKeys).toMatchObject([{ kid: 'from-file' }]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const [one, two] = [ed25519('one'), p256('two')];
  const other = p256('other');
  it.each([
    ['no JSON', 'canary-value', 'JSON Web Key set'],
    ['one key without its set', JSON.stringify(one), 'JSON Web Key set'],
    ['a list', JSON.stringify([one]), 'JSON Web Key set'],
    ['an empty set', setOf(), 'JSON Web Key set'],
    ['a set of texts', setOf('canary-value'), 'JSON Web Key set'],
    ['more keys than a rotation has', setOf(...Array.from({ length: 11 }, (_, at) => ed25519(`k${at}`))), '1 to 10'],
    ['no kid', setOf(one, { ...two, kid: undefined }), 'entry 2 must have a kid'],
    ['a kid that is no text', setOf({ ...one, kid: 7 }), 'entry 1 must have a kid'],
    ['a kid of other characters', setOf({ ...one, kid: '../canary-value' }), 'entry 1 must have a kid'],
    ['a kid that is too long', setOf({ ...one, kid: 'k'.repeat(65) }), 'entry 1 must have a kid'],
    ['a kid as JWT_SECRET has', setOf({ ...one, kid: 'hs512-canary' }), 'entry 1 must have a kid'],
    ['one kid twice', setOf(one, { ...two, kid: 'one' }), 'must not name a kid twice'],
    ['one key twice', setOf(one, { ...one, kid: 'again' }), 'must not hold the same key twice'],
    ['a public key', setOf(one, PUBLIC_HALF), 'entry 2 is a public key'],
    ['another curve', setOf({ ...curve('P-384'), kid: 'x' }), 'entry 1 must be an EC key on P-256 or'],
    ['a curve like P-256', setOf({ ...curve('secp256k1'), kid: 'x' }), 'entry 1 must be an EC key on P-256 or'],
    ['a key for key exchange', setOf({ ...exchangeKey(), kid: 'x' }), 'entry 1 must be an EC key on P-256 or'],
    ['an RSA key', setOf({ ...rsa(), kid: 'x' }), 'entry 1 must be an EC key on P-256 or'],
    ['a shared secret', setOf({ kty: 'oct', k: 'canary-value', kid: 'x' }), 'entry 1 must be an EC key on P-256 or'],
    ['a key for encryption', setOf({ ...one, use: 'enc' }), 'entry 1 must not be for another use'],
    ['another algorithm than its curve', setOf({ ...two, alg: 'EdDSA' }), 'entry 1 must not be for another use'],
    ['other operations', setOf({ ...one, key_ops: ['sign', 'deriveKey'] }), 'entry 1 must have only sign and verify'],
    ['no operation at all', setOf({ ...one, key_ops: [] }), 'entry 1 must have only sign and verify'],
    ['halves of two EC keys', setOf({ ...two, d: other.d }), 'entry 1 is not a key'],
    ['halves of two Ed25519 keys', setOf({ ...one, d: ed25519('x').d }), 'entry 1 is not a key'],
    ['a damaged private part', setOf({ ...two, d: 'canary-value' }), 'entry 1 is not a key'],
    ['a private part that is no text', setOf({ ...two, d: 7 }), 'entry 1 is not a key'],
    ['a missing public part', setOf({ ...one, x: undefined }), 'entry 1 is not a key'],
  ])('are refused in one line that holds no value: %s', (_what, text, reason) => {
    const { problems, message } = refusal({ ...debug, JWT_SIGNING_KEYS: text });

    expect(problems).toEqual([
      { variable: 'JWT_SIGNING_KEYS', reason: expect.stringContaining(reason) as unknown as string },
    ]);
    expect(message).not.toMatch(/canary/);
    for (const key of [one, two, other]) expect(message).not.toContain(key.d);
  });

  it('DP-04: are refused in production when they stand in an RFC', () => {
    const printed = {
      kty: 'OKP',
      crv: 'Ed25519',
      d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
      kid: 'rfc-8037',
    };

    expect(refused({ ...production, JWT_SIGNING_KEYS: setOf(printed) })).toEqual(['JWT_SIGNING_KEYS']);
    expect(loadConfig({ ...debug, JWT_SIGNING_KEYS: setOf(printed) }).jwt.signingKeys).toHaveLength(1);
  });
});

function curve(namedCurve: string): JsonWebKey {
  return generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'jwk' });
}

function exchangeKey(): JsonWebKey {
  return generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
}

function rsa(): JsonWebKey {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
}
