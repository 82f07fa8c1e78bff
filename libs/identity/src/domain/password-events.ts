import type { DomainEvent } from '#kernel';

/**
 * Somebody with a session did not know the present password of its account. Named as what the other call that asks for
 * the password tells of it, so that guesses are found under one name wherever they are made.
 */
export type ReauthenticationFailed = DomainEvent<
  'session.reauthentication_failed',
  { readonly sessionId: string; readonly reason: 'wrong_password' | 'account_changed' }
>;
