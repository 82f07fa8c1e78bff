import type { DomainEvent } from '#kernel';

/** A link that sets a new password was mailed; nothing else changed. */
export type PasswordResetRequested = DomainEvent<'identity.password_reset_requested', Record<string, never>>;

/**
 * The owner of the address set a new password by a mailed link, and no session goes on. `firstProof`: nobody had proven
 * the address before, so whatever the account held was somebody else's.
 */
export type PasswordReset = DomainEvent<
  'identity.password_reset',
  { readonly securityEpoch: number; readonly firstProof: boolean }
>;

interface Addresses {
  /** Masked, as are all of these. */
  readonly from: string;
  readonly to: string;
}

export type EmailChangeRequested = DomainEvent<'identity.email_change_requested', Addresses>;

/** `undone`: by the link in the mail to the address before; no session goes on, and no password works. */
export type EmailChanged = DomainEvent<'identity.email_changed', Addresses & { readonly undone: boolean }>;

/** An account that nobody ever proved made room for whoever proved its address. */
export type Erased = DomainEvent<'identity.erased', { readonly reason: 'address_proven_by_other' }>;

export type RecoveryEvent = PasswordResetRequested | PasswordReset | EmailChangeRequested | EmailChanged | Erased;
