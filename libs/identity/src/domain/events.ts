import type { DomainEvent } from '#kernel';

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

export type IdentityEvent =
  Registered | EmailVerified | ProfileUpdated | ConsentGranted | ConsentWithdrawn | RolesChanged;
