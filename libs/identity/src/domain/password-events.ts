import type { DomainEvent } from '#kernel';

/**
 * Somebody with a session did not know the present password of its account. Named as what the other call that asks for
 * the password tells of it, so that guesses are found under one name wherever they are made.
 */
export type ReauthenticationFailed = DomainEvent<
  'session.reauthentication_failed',
  { readonly sessionId: string; readonly reason: 'wrong_password' | 'account_changed' | 'throttled' }
>;

/** So many failed in a row, wherever from, that only known devices, live sessions and a new password get in for a while. */
export type AccountLocked = DomainEvent<'identity.account_locked', Record<string, never>>;
/** The time was over or the password was changed, and somebody tried again; or an operator has opened it. */
export type AccountUnlocked = DomainEvent<'identity.account_unlocked', Record<string, never>>;
/** The password is as it was; its hash costs more to guess, or is keyed anew. */
export type PasswordRehashed = DomainEvent<'identity.password_rehashed', Record<string, never>>;
