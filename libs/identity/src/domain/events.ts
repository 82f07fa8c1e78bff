import type { DomainEvent } from '#kernel';

import type { ApiKeyEvent } from './api-key-events.js';
import type { Imported } from './import-events.js';
import type { AccountLocked, AccountUnlocked, PasswordRehashed, ReauthenticationFailed } from './password-events.js';
import type { RecoveryEvent } from './recovery-events.js';

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

export type IdentityEvent =
  | Registered
  | EmailVerified
  | ProfileUpdated
  | ConsentGranted
  | ConsentWithdrawn
  | RolesChanged
  | PasswordChanged
  | PasswordRehashed
  | AccountLocked
  | AccountUnlocked
  | ReauthenticationFailed
  | RecoveryEvent
  | Imported
  | ApiKeyEvent;
