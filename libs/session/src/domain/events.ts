import type { DomainEvent } from '#kernel';

interface InSession {
  readonly sessionId: string;
}

export type LoginSucceeded = DomainEvent<'session.login_succeeded', InSession & { readonly amr: readonly string[] }>;
export type LoginFailed = DomainEvent<
  'session.login_failed',
  {
    readonly reason: 'unknown_address' | 'wrong_password' | 'account_disabled' | 'email_unverified' | 'account_changed';
  }
>;
export type Refreshed = DomainEvent<'session.refreshed', InSession & { readonly generation: number }>;
export type RefreshRejected = DomainEvent<
  'session.refresh_rejected',
  { readonly sessionId: string | null; readonly reason: 'unknown' | 'expired' | 'session_ended' | 'account_changed' }
>;
export type RefreshReuseDetected = DomainEvent<
  'session.refresh_reuse_detected',
  InSession & { readonly generation: number }
>;
export type LoggedOut = DomainEvent<'session.logged_out', InSession>;
export type Revoked = DomainEvent<'session.revoked', InSession & { readonly reason: RevokeReason }>;

/** Why a session ended before its time. */
export type RevokeReason = 'logout' | 'refresh_reuse' | 'account_changed';

export type SessionEvent =
  LoginSucceeded | LoginFailed | Refreshed | RefreshRejected | RefreshReuseDetected | LoggedOut | Revoked;
