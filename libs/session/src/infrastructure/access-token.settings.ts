import type { KeyObject } from 'node:crypto';

/** A key of `JWT_SIGNING_KEYS`. */
export interface SigningKey {
  readonly kid: string;
  /** RFC 7518 §3.1 and RFC 8037 §3.1. */
  readonly alg: 'ES256' | 'EdDSA';
  /** False: it is published and verifies, and signs nothing. */
  readonly signs: boolean;
  readonly privateKey: KeyObject;
}

/** What access tokens are signed with and say about themselves. */
export abstract class AccessTokenSettings {
  /** Signs (HS512) while none of `signingKeys` does. */
  abstract readonly secret: string;
  /** The first that signs does so; all verify. */
  abstract readonly signingKeys: readonly SigningKey[];
  /** Tokens under `secret` are good although a signing key makes the new ones. */
  abstract readonly acceptHs512: boolean;
  abstract readonly issuer: string;
  abstract readonly audience: string;
  abstract readonly minutes: number;
}

/** RFC 9068 §2.1. */
export const TOKEN_TYPE = 'at+jwt';
/** Two clocks may differ by this much: seconds. */
export const CLOCK_SKEW_S = 30;
