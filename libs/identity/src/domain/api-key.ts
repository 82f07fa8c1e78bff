import { AggregateRoot } from '#kernel';

import { InvalidApiKeyRequest } from './api-key-errors.js';
import type { ApiKeyEvent } from './api-key-events.js';

/**
 * Everything that a key can be good for. A key has some of these, never "all". `gateway:verify` is for a key that is
 * good for nothing else: what the gateway asks is answered to every live key.
 */
export const API_SCOPES = ['tokens:introspect', 'tokens:revoke', 'users:read', 'gateway:verify'] as const;
export type ApiScope = (typeof API_SCOPES)[number];

const DAY_MS = 86_400_000;
/** ASVS 5.0 §13.2.2: a key that nobody renews dies by itself. */
export const API_KEY_DEFAULT_DAYS = 90;
export const API_KEY_MAX_DAYS = 365;
const NAME_MAX = 100;
const NAME = /^(?=.*[\p{L}\p{N}])[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+$/u;

export interface ApiKeyState {
  readonly id: string;
  /** Which client it is for, in the words of whoever made it. */
  readonly name: string;
  /** The public half: tells keys apart in lists and logs, and opens nothing. */
  readonly prefix: string;
  /** SHA-256 of the secret half. */
  readonly secretHash: Uint8Array;
  readonly scopes: readonly ApiScope[];
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  /** The key that this one succeeds. Both live until the older one is revoked or expires. */
  readonly rotatedFrom: string | null;
  /** The administrator who made it; `null` for the operator at the command line. */
  readonly createdBy: string | null;
  readonly createdAt: Date;
  revokedAt: Date | null;
}

export interface NewApiKey {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly secretHash: Uint8Array;
  readonly scopes: readonly string[];
  /** Whole days; 90 unless told. */
  readonly expiresInDays: number | undefined;
  readonly createdBy: string | null;
}

/** The right of another service to call this one. */
export class ApiKey extends AggregateRoot<ApiKeyEvent> {
  #state: ApiKeyState;

  private constructor(state: ApiKeyState) {
    super();
    this.#state = state;
  }

  /** Throws `InvalidApiKeyRequest`. */
  static create({ expiresInDays = API_KEY_DEFAULT_DAYS, scopes, ...fields }: NewApiKey, now: Date): ApiKey {
    if (fields.name.length > NAME_MAX || !NAME.test(fields.name)) {
      throw new InvalidApiKeyRequest(`The name must be one line of 1 to ${String(NAME_MAX)} characters`);
    }
    if (!Number.isInteger(expiresInDays) || expiresInDays < 1 || expiresInDays > API_KEY_MAX_DAYS) {
      throw new InvalidApiKeyRequest(`A key lives 1 to ${String(API_KEY_MAX_DAYS)} days`);
    }
    const key = new ApiKey({
      ...fields,
      scopes: scopesOf(scopes),
      expiresAt: new Date(now.getTime() + expiresInDays * DAY_MS),
      lastUsedAt: null,
      rotatedFrom: null,
      createdAt: now,
      revokedAt: null,
    });
    const { id: keyId, scopes: granted, expiresAt } = key.#state;
    key.record({
      type: 'access.api_key_created',
      userId: null,
      occurredAt: now,
      data: { keyId, scopes: granted, expiresAt: expiresAt.toISOString() },
    });
    return key;
  }

  static restore(state: ApiKeyState): ApiKey {
    return new ApiKey({ ...state });
  }

  get state(): Readonly<ApiKeyState> {
    return this.#state;
  }

  /** False when it had been revoked before. */
  revoke(now: Date): boolean {
    if (this.#state.revokedAt !== null) return false;
    this.#state.revokedAt = now;
    this.record({
      type: 'access.api_key_revoked',
      userId: null,
      occurredAt: now,
      data: { keyId: this.#state.id },
    });
    return true;
  }
}

function scopesOf(names: readonly string[]): ApiScope[] {
  const unknown = names.filter((name) => !API_SCOPES.some((scope) => scope === name));
  if (unknown.length > 0 || names.length === 0) {
    throw new InvalidApiKeyRequest(`A key has one or more of the scopes ${API_SCOPES.join(', ')}`);
  }
  return API_SCOPES.filter((scope) => names.includes(scope));
}
