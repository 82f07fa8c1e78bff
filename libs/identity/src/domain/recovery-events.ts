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

/**
 * `undoneSince`: `null` when a new address was proven. Else the one before took the account back, which may have been
 * in strange hands since that time: no session goes on, no password works, and what else was added since then (second
 * factors) is not to be trusted either.
 */
export type EmailChanged = DomainEvent<'identity.email_changed', Addresses & { readonly undoneSince: Date | null }>;

/** An account that nobody ever proved made room for whoever proved its address. */
export type Erased = DomainEvent<'identity.erased', { readonly reason: 'address_proven_by_other' }>;

export type RecoveryEvent = PasswordResetRequested | PasswordReset | EmailChangeRequested | EmailChanged | Erased;
