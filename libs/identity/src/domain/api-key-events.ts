import type { DomainEvent } from '#kernel';

export type ApiKeyCreated = DomainEvent<
  'access.api_key_created',
  { readonly keyId: string; readonly scopes: readonly string[]; readonly expiresAt: string }
>;
export type ApiKeyRevoked = DomainEvent<'access.api_key_revoked', { readonly keyId: string }>;

/** Why a key was refused. The caller learns less. */
export type ApiKeyRefusal = 'unknown' | 'wrong_secret' | 'expired' | 'revoked' | 'insufficient_scope';

/** One for many: refusals of one key, reason and client are counted for a minute. */
export type ApiKeyRejected = DomainEvent<
  'access.api_key_rejected',
  {
    /** `null` where the prefix is nobody's: what was sent is never repeated. */
    readonly keyId: string | null;
    readonly reason: ApiKeyRefusal;
    readonly count: number;
  }
>;

export type ApiKeyEvent = ApiKeyCreated | ApiKeyRevoked | ApiKeyRejected;
