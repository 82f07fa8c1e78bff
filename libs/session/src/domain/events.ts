import type { DomainEvent } from '#kernel';

import type { AccessForbidden, AccessTokenRejected } from './access-events.js';

interface InSession {
  readonly sessionId: string;
}

export type LoginSucceeded = DomainEvent<'session.login_succeeded', InSession & { readonly amr: readonly string[] }>;
export type LoginFailed = DomainEvent<
  'session.login_failed',
  {
    readonly reason:
      | 'unknown_address'
      | 'wrong_password'
      | 'account_disabled'
      | 'email_unverified'
      | 'account_changed'
      | 'passkey_challenge_invalid'
      | 'passkey_unknown'
      | 'passkey_wrong'
      | 'passkey_counter_regressed';
  }
>;
/** `repeated`: a spent token came back within the grace period and got the successor it had got before. */
/** Attempts that were not looked at, because of the limit that `reason` names: one for many, counted for a while. */
export type LoginRefused = DomainEvent<
  'session.login_throttled',
  { readonly reason: 'guesses' | 'account' | 'source'; readonly count: number }
>;
export type Refreshed = DomainEvent<
  'session.refreshed',
  InSession & { readonly generation: number; readonly repeated: boolean }
>;
export type RefreshRejection = 'unknown' | 'expired' | 'session_ended' | 'idle' | 'account_changed';
export type RefreshRejected = DomainEvent<
  'session.refresh_rejected',
  { readonly sessionId: string | null; readonly reason: RefreshRejection }
>;
export type RefreshReuseDetected = DomainEvent<
  'session.refresh_reuse_detected',
  InSession & { readonly generation: number }
>;
export type LoggedOut = DomainEvent<'session.logged_out', InSession>;
export type Revoked = DomainEvent<'session.revoked', InSession & { readonly reason: RevokeReason }>;
/** A newer sign-in took its place: the user has as many sessions as one may have. */
export type Evicted = DomainEvent<'session.evicted', InSession>;
export type Reauthenticated = DomainEvent<'session.reauthenticated', InSession>;
export type ReauthenticationFailed = DomainEvent<
  'session.reauthentication_failed',
  InSession & { readonly reason: 'wrong_password' | 'account_changed' | 'wrong_second_factor' | 'throttled' }
>;
export type IdleExpired = DomainEvent<'session.idle_expired', InSession>;

/**
 * Why somebody ended a session before its time: its owner from another one (`owner`), an operator, a resource server
 * (RFC 7009, `token_revoked`), or the service because of what happened.
 */
export type RevokeReason =
  | 'refresh_reuse'
  | 'account_changed'
  | 'password_changed'
  | 'password_reset'
  | 'mfa_enabled'
  | 'mfa_reset'
  | 'owner'
  | 'operator'
  | 'token_revoked';

/** All ways in which a session ends before its time. */
export type EndReason = RevokeReason | 'logout' | 'evicted' | 'idle';

export type SessionEvent =
  | LoginSucceeded
  | LoginFailed
  | LoginRefused
  | Refreshed
  | RefreshRejected
  | RefreshReuseDetected
  | LoggedOut
  | Revoked
  | Evicted
  | IdleExpired
  | AccessForbidden
  | AccessTokenRejected
  | Reauthenticated
  | ReauthenticationFailed;
