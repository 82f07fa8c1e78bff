import type { DomainEvent } from '#kernel';

import type { ApiKeyEvent } from './api-key-events.js';

/** Names of profile members; values never leave the aggregate. */
export type ProfileField = 'displayName' | 'locale' | 'phone';

export type Registered = DomainEvent<'identity.registered', { readonly renewed: boolean }>;
export type EmailVerified = DomainEvent<'identity.email_verified', Record<string, never>>;
export type ProfileUpdated = DomainEvent<'identity.profile_updated', { readonly fields: readonly ProfileField[] }>;

interface ConsentData {
  readonly purpose: string;
  readonly version: string;
}
export type ConsentGranted = DomainEvent<'identity.consent_granted', ConsentData>;
export type ConsentWithdrawn = DomainEvent<'identity.consent_withdrawn', ConsentData>;

export type RolesChanged = DomainEvent<
  'identity.roles_changed',
  { readonly added: readonly string[]; readonly removed: readonly string[] }
>;

/** `sessionId`: where it was changed, which goes on under the new `securityEpoch`; `null` when no session may. */
export type PasswordChanged = DomainEvent<
  'identity.password_changed',
  { readonly sessionId: string | null; readonly securityEpoch: number }
>;

/**
 * Somebody with a session did not know the present password of its account. Named as what the other call that asks for
 * the password tells of it, so that guesses are found under one name wherever they are made.
 */
export type ReauthenticationFailed = DomainEvent<
  'session.reauthentication_failed',
  { readonly sessionId: string; readonly reason: 'wrong_password' | 'account_changed' }
>;

export type IdentityEvent =
  | Registered
  | EmailVerified
  | ProfileUpdated
  | ConsentGranted
  | ConsentWithdrawn
  | RolesChanged
  | PasswordChanged
  | ReauthenticationFailed
  | ApiKeyEvent;
