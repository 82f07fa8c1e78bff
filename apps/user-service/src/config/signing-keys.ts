import { createPrivateKey, createPublicKey, sign, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { parsed, Refused } from './formats.js';

/** A key that access tokens are signed with, and what it is used as. */
export interface JwtSigningKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** False: it is published and verifies, and signs nothing. */
  readonly signs: boolean;
  readonly privateKey: KeyObject;
}

export type SigningAlgorithm = 'ES256' | 'EdDSA';

/** Keys that sign, by RFC 7518 §6.2 and RFC 8037 §2. */
export const SIGNING_CURVES: readonly { readonly alg: SigningAlgorithm; readonly kty: string; readonly crv: string }[] =
  [
    { alg: 'ES256', kty: 'EC', crv: 'P-256' },
    { alg: 'EdDSA', kty: 'OKP', crv: 'Ed25519' },
  ];

// Far more than a rotation ever has (two), and little enough for the JWKS to stay a small document.
const MOST_KEYS = 10;

const keySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(MOST_KEYS) });

/** A set of private JSON Web Keys (RFC 7517 §5); throws `Refused`. */
export function parseSigningKeys(text: string): readonly JwtSigningKey[] {
  const keys = membersOf(text).map((jwk, index) => signingKey(jwk, `entry ${String(index + 1)}`));
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw new Refused('must not name a kid twice');
  if (keys.some(({ privateKey }, at) => keys.slice(0, at).some((earlier) => earlier.privateKey.equals(privateKey)))) {
    throw new Refused('must not hold the same key twice');
  }
  return keys;
}

export const signingKeysText = parsed(parseSigningKeys);

/** The members of the set as they are written. */
export function membersOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  try {
    return keySet.parse(JSON.parse(text)).keys;
  } catch {
    // JSON.parse quotes the text in its message.
    throw new Refused(`must be a JSON Web Key set, {"keys":[…]}, of 1 to ${String(MOST_KEYS)} private keys`);
  }
}

function signingKey(jwk: Readonly<Record<string, unknown>>, which: string): JwtSigningKey {
  const { kid, kty, crv, alg, use, d } = jwk;
  // A kid of JWT_SECRET begins with hs512-: one of its own can never stand for two keys.
  if (typeof kid !== 'string' || !/^(?!hs512-)[A-Za-z0-9._~-]{1,64}$/.test(kid)) {
    throw new Refused(
      `${which} must have a kid of 1 to 64 characters of [A-Za-z0-9._~-] that does not begin with hs512-`,
    );
  }
  const curve = SIGNING_CURVES.find((known) => known.kty === kty && known.crv === crv);
  if (curve === undefined) throw new Refused(`${which} must be an EC key on P-256 or an OKP key on Ed25519`);
  if (d === undefined) throw new Refused(`${which} is a public key: the private part is missing`);
  if (![undefined, curve.alg].includes(alg as SigningAlgorithm) || ![undefined, 'sig'].includes(use as string)) {
    throw new Refused(`${which} must not be for another use or algorithm than its curve is for`);
  }
  return { kid, alg: curve.alg, signs: maySign(jwk['key_ops'], which), privateKey: privateKeyOf(jwk, which) };
}

/** RFC 7517 §4.3: what `key_ops` does not name, the key is not for. */
function maySign(operations: unknown, which: string): boolean {
  if (operations === undefined) return true;
  const known = Array.isArray(operations) && operations.every((name) => name === 'sign' || name === 'verify');
  if (!known || operations.length === 0) throw new Refused(`${which} must have only sign and verify in its key_ops`);
  return operations.includes('sign');
}

function privateKeyOf({ kty, crv, x, y, d }: Readonly<Record<string, unknown>>, which: string): KeyObject {
  try {
    const key = createPrivateKey({ key: { kty, crv, x, y, d } as JsonWebKey, format: 'jwk' });
    if (isWhole(key, x)) return key;
  } catch {
    // Told below, without what the library says of the value.
  }
  throw new Refused(`${which} is not a key: its members are missing, damaged, or do not belong together`);
}

// Node takes the two halves as they come, of two different keys as well.
function isWhole(key: KeyObject, x: unknown): boolean {
  const publicKey = createPublicKey(key);
  const hash = key.asymmetricKeyType === 'ec' ? 'sha256' : null;
  const sample = Buffer.from('sample');
  return publicKey.export({ format: 'jwk' }).x === x && verify(hash, sample, publicKey, sign(hash, sample, key));
}

// Private keys that stand in RFC 7515 A.3, RFC 7517 A.2, RFC 8037 A.1: whoever can read can sign with them.
const PRINTED = [
  'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
  '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
  'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
];

export function signingKeysRefusedInProduction(keys: readonly JwtSigningKey[] | undefined): string | undefined {
  const printed = (keys ?? []).some(({ privateKey }) => PRINTED.includes(privateKey.export({ format: 'jwk' }).d ?? ''));
  return printed ? 'must not hold an example key of an RFC' : undefined;
}
