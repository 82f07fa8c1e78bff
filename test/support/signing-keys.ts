import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';

export type PrivateJwk = JsonWebKey & { readonly kid: string; readonly key_ops?: readonly string[] };

/** A private key as `JWT_SIGNING_KEYS` takes it. */
export function privateJwk(alg: 'ES256' | 'EdDSA', kid: string, more: { key_ops?: string[] } = {}): PrivateJwk {
  const { privateKey } =
    alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return { ...privateKey.export({ format: 'jwk' }), kid, ...more };
}

/** The environment of an instance that has these keys, the first of which signs. */
export function signingWith(...keys: readonly PrivateJwk[]): { JWT_SIGNING_KEYS: string } {
  return { JWT_SIGNING_KEYS: JSON.stringify({ keys }) };
}
