import type { DomainEvent } from '#kernel';

export type ApiKeyCreated = DomainEvent<
  'access.api_key_created',
  { readonly keyId: string; readonly scopes: readonly string[]; readonly expiresAt: string }
>;
export type ApiKeyRevoked = DomainEvent<'access.api_key_revoked', { readonly keyId: string }>;

/** Why a key was refused. The caller learns less. */
export type ApiKeyRefusal = 'unknown' | 'wrong_secret' | 'expired' | 'revoked' | 'insufficient_scope';
/** As above, and a call that asks about tokens told apart. */
export type RefusedCall = ApiKeyRefusal | 'introspection_denied';

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

/** A key that is live asked about tokens, and is not meant for it: one for many, as above. */
export type TokenIntrospectionDenied = DomainEvent<
  'access.token_introspection_denied',
  { readonly keyId: string; readonly count: number }
>;

export type ApiKeyEvent = ApiKeyCreated | ApiKeyRevoked | ApiKeyRejected | TokenIntrospectionDenied;
