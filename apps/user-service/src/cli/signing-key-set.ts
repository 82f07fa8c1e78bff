import { createHash, generateKeyPairSync } from 'node:crypto';
import { membersOf, parseSigningKeys, type SigningAlgorithm } from '../config/signing-keys.js';

type Jwk = Readonly<Record<string, unknown>>;

/** The steps of a rotation, in their order; docs/runbooks/signing-keys.md says how long to wait between them. */
export const ROTATION_STEPS = ['publish', 'sign', 'retire'] as const;
export type RotationStep = (typeof ROTATION_STEPS)[number];

/** The set cannot take this step. */
export class StepRefused extends Error {}

/** A set of one new key that signs. */
export function newKeySet(alg: SigningAlgorithm): string {
  return write([newKey(alg)]);
}

/**
 * The set after one step of a rotation; throws `StepRefused`, or `Refused` when it is no set of signing keys.
 *
 * @param set undefined for the first set of a service that signed with JWT_SECRET so far; only `publish` takes it
 */
export function rotated(set: string | undefined, step: RotationStep, alg: SigningAlgorithm): string {
  if (set === undefined) {
    if (step !== 'publish') throw new StepRefused('there is no set of keys that could take this step');
    return write([verifyOnly(newKey(alg))]);
  }
  parseSigningKeys(set);
  const keys = membersOf(set);
  if (step === 'publish') return write(published(keys, alg));
  return write(step === 'sign' ? signing(keys) : retired(keys));
}

function published(keys: readonly Jwk[], alg: SigningAlgorithm): readonly Jwk[] {
  if (keys.length > 1) throw new StepRefused('a rotation is under way: retire what is left of it first');
  return [...keys, verifyOnly(newKey(alg))];
}

function signing(keys: readonly Jwk[]): readonly Jwk[] {
  const next = keys.at(-1);
  if (next?.['key_ops'] === undefined) throw new StepRefused('its last key signs already: publish a new one first');
  const { key_ops: _none, ...signer } = next;
  return [signer, ...keys.slice(0, -1).map(verifyOnly)];
}

function retired([signer, ...others]: readonly Jwk[]): readonly Jwk[] {
  if (signer === undefined || signer['key_ops'] !== undefined || others.length === 0) {
    throw new StepRefused('there is no key beside a first one that signs');
  }
  return [signer];
}

/** RFC 7517 §4.3: the service publishes it and accepts its signatures, and makes none. */
function verifyOnly(key: Jwk): Jwk {
  return { ...key, key_ops: ['verify'] };
}

function newKey(alg: SigningAlgorithm): Jwk {
  const { privateKey } =
    alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const { kty, crv, x, y, d } = privateKey.export({ format: 'jwk' });
  // RFC 7638: the members that make the key, in the order of their names; JSON leaves out a `y` that is not there.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return { kty, crv, kid, use: 'sig', alg, x, ...(y !== undefined && { y }), d };
}

function write(keys: readonly Jwk[]): string {
  const set = JSON.stringify({ keys });
  parseSigningKeys(set);
  return set;
}
