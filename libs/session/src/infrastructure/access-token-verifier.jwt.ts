import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';

import { AccessTokenVerifier, type TokenFault, type VerifiedToken } from '../application/ports.js';
import { readClaims } from './access-token-claims.js';
import { AccessTokenKeys, type AccessTokenKey } from './access-token-keys.js';
import { AccessTokenSettings, CLOCK_SKEW_S, TOKEN_TYPE } from './access-token.settings.js';
import { VerifiedTokens } from './verified-tokens.js';

/** About 12 MB; a token lives for minutes, so this is more people than one instance serves in that time. */
const MOST_TOKENS = 20_000;

/** Ours have less than a quarter of that; what is longer is not worth being hashed. */
const LONGEST_TOKEN = 4096;

/** Three parts of base64url (RFC 7515 §7.1), without padding and other characters that decoders forgive. */
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

type Json = Readonly<Record<string, unknown>>;

/**
 * The signature and claims of access tokens (RFC 9068 §4, RFC 8725). A token that is good is remembered until it ends:
 * checking it again costs a hash. What is refused is refused by computation alone, in less than a millisecond.
 */
@Injectable()
export class JwtAccessTokenVerifier extends AccessTokenVerifier {
  readonly #verified = new VerifiedTokens(MOST_TOKENS);

  constructor(
    private readonly keys: AccessTokenKeys,
    private readonly settings: AccessTokenSettings,
    private readonly clock: Clock,
  ) {
    super();
  }

  verify(token: string): VerifiedToken | TokenFault {
    const known = this.recall(token);
    if (known !== undefined) return known;
    const verified = this.#check(token);
    if (typeof verified === 'object') this.#verified.add(token, verified);
    return verified;
  }

  /** Like `verify`, and remembers nothing. */
  judge(token: string): VerifiedToken | TokenFault {
    return this.recall(token) ?? this.#check(token);
  }

  /** A token that was found good before and has not ended since; `undefined` says nothing about it. */
  recall(token: string): VerifiedToken | undefined {
    if (token.length > LONGEST_TOKEN) return undefined;
    const known = this.#verified.find(token);
    if (known === undefined || !this.#hasEnded(known)) return known;
    this.#verified.delete(token);
    return undefined;
  }

  #check(token: string): VerifiedToken | TokenFault {
    const payload = this.#open(token);
    const verified = payload === undefined || !this.#isForUs(payload) ? undefined : readClaims(payload);
    if (payload === undefined || verified === undefined) return 'invalid';
    if (!this.#hasBegun(verified.issuedAt) || !this.#hasBegun(payload['nbf'] ?? 0)) return 'invalid';
    return this.#hasEnded(verified) ? 'expired' : verified;
  }

  /** The payload, if the signature is that of the key which the header names. Nothing else in the header is looked at. */
  #open(token: string): Json | undefined {
    const [, header = '', payload = '', signature = ''] = (token.length <= LONGEST_TOKEN && COMPACT.exec(token)) || [];
    const bytes = decoded(signature);
    if (bytes === undefined) return undefined;
    return this.#keyFor(header)?.verify(`${header}.${payload}`, bytes) === true ? readJson(payload) : undefined;
  }

  #keyFor(header: string): AccessTokenKey | undefined {
    const { alg, typ, kid, crit } = readJson(header) ?? {};
    // `crit` demands what it names to be understood (RFC 7515 §4.1.11), and there is nothing of that kind here.
    return typ === TOKEN_TYPE && crit === undefined ? this.keys.find(kid, alg) : undefined;
  }

  #isForUs({ iss, aud }: Json): boolean {
    const { issuer, audience } = this.settings;
    return iss === issuer && (aud === audience || (Array.isArray(aud) && aud.includes(audience)));
  }

  #hasBegun(seconds: unknown): boolean {
    return typeof seconds === 'number' && seconds <= this.#now() + CLOCK_SKEW_S;
  }

  #hasEnded({ expiresAt }: VerifiedToken): boolean {
    return this.#now() >= expiresAt + CLOCK_SKEW_S;
  }

  #now(): number {
    return this.clock.now().getTime() / 1000;
  }
}

function readJson(part: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** The last character of base64url may carry bits that decoders drop: here the same bytes have one spelling. */
function decoded(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined;
}
