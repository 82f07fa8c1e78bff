import {
  createHash,
  createHmac,
  createPublicKey,
  createSecretKey,
  sign,
  timingSafeEqual,
  verify,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { AccessTokenSettings, type SigningKey } from './access-token.settings.js';

/** A key under its id. The id decides the algorithm, whatever a token says (RFC 8725 §3.1). */
export interface AccessTokenKey {
  readonly kid: string;
  readonly alg: 'HS512' | 'ES256' | 'EdDSA';
  /** The signature as RFC 7515 writes it, not encoded. */
  sign(input: string): Buffer;
  verify(input: string, signature: Buffer): boolean;
}

/** The public half of a key, as RFC 7517 publishes it. */
export interface PublishedKey {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y?: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: string;
}

/** All keys of access tokens: one that signs, all that verify. */
@Injectable()
export class AccessTokenKeys {
  readonly signing: AccessTokenKey;
  /** What others verify with; a shared secret has no such half. */
  readonly published: readonly PublishedKey[];
  readonly #byKid: ReadonlyMap<string, AccessTokenKey>;

  constructor({ secret, signingKeys, acceptHs512 }: AccessTokenSettings) {
    const pairs = signingKeys.map((settings) => ({ settings, key: keyPair(settings) }));
    const shared = sharedKey(secret);
    this.signing = pairs.find(({ settings }) => settings.signs)?.key ?? shared;
    this.published = pairs.map(({ settings }) => publishedHalf(settings));
    const known = pairs.map(({ key }) => key);
    if (acceptHs512 || this.signing === shared) known.push(shared);
    this.#byKid = new Map(known.map((key) => [key.kid, key]));
  }

  /** The key that a token's header names, if it names the algorithm of that key as well. */
  find(kid: unknown, alg: unknown): AccessTokenKey | undefined {
    const key = typeof kid === 'string' ? this.#byKid.get(kid) : undefined;
    return key?.alg === alg ? key : undefined;
  }
}

function sharedKey(secret: string): AccessTokenKey {
  const key = createSecretKey(secret, 'utf8');
  // Tells the key apart from others and says nothing about its value.
  const fingerprint = createHash('sha256').update('user-service/kid/').update(secret).digest('base64url');
  const mac = (input: string): Buffer => createHmac('sha512', key).update(input).digest();
  return {
    kid: `hs512-${fingerprint.slice(0, 8)}`,
    alg: 'HS512',
    sign: mac,
    verify: (input, signature) => {
      const expected = mac(input);
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    },
  };
}

function keyPair({ kid, alg, privateKey }: SigningKey): AccessTokenKey {
  // Ed25519 hashes by itself; ES256 is r and s side by side (RFC 7518 §3.4), where OpenSSL would write DER.
  const hash = alg === 'ES256' ? 'sha256' : null;
  const withFormat = (key: KeyObject) => ({ key, dsaEncoding: 'ieee-p1363' as const });
  const [signer, verifier] = [withFormat(privateKey), withFormat(createPublicKey(privateKey))];
  return {
    kid,
    alg,
    sign: (input) => sign(hash, Buffer.from(input), signer),
    verify: (input, signature) => verify(hash, Buffer.from(input), verifier, signature),
  };
}

/** Named member by member, so that nothing private can slip in. */
function publishedHalf({ kid, alg, privateKey }: SigningKey): PublishedKey {
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' }) as JsonWebKey & PublishedKey;
  return { kty, crv, x, ...(y !== undefined && { y }), kid, use: 'sig', alg };
}
