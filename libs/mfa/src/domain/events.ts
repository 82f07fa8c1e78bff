import type { DomainEvent } from '#kernel';

import type { DeviceTrusted, DeviceTrustEnded } from './device-trust-events.js';
import type { InSession } from './in-session.js';
import type { FactorMethodName, ProofPurpose } from './methods.js';

/**
 * A factor counts from now on. `sessionId`: where it was added, which goes on. `securityEpoch`: the account's new one
 * when this is its first factor, because what was handed out without one counts no longer; else `null`.
 */
export interface FactorAdded {
  readonly sessionId: string;
  readonly securityEpoch: number | null;
}

/**
 * Somebody changes their own factors. `sessionId`: where, and it has to be live until that is done; `null` where the
 * service does it by itself.
 */
interface Within<Session extends string | null = string> {
  readonly sessionId: Session;
}

/** Why a proof was refused. `no_proof`: a password came alone where a second factor was due. */
export type ProofRejection = 'wrong_code' | 'used_code' | 'no_such_factor' | 'too_many_attempts' | 'no_proof';

/** A secret was handed out; it counts for nothing until it is confirmed. */
export type TotpEnrolled = DomainEvent<'mfa.totp_enrolled', Within>;
export type TotpConfirmed = DomainEvent<'mfa.totp_confirmed', FactorAdded>;
export type TotpRemoved = DomainEvent<'mfa.totp_removed', Within<string | null>>;
/** `synced`: the key may be copied to other devices of its owner. */
export type PasskeyAdded = DomainEvent<
  'mfa.passkey_added',
  FactorAdded & { readonly passkeyId: string; readonly synced: boolean }
>;
export type PasskeyRemoved = DomainEvent<'mfa.passkey_removed', Within<string | null> & { readonly passkeyId: string }>;
/**
 * The signature was right, but its counter did not rise: somebody may have a copy of an authenticator that is said to
 * allow none (WebAuthn §6.1.1).
 */
export type PasskeyCounterRegressed = DomainEvent<
  'mfa.passkey_counter_regressed',
  { readonly passkeyId: string; readonly stored: number; readonly presented: number }
>;
export type PasskeyEvent = PasskeyAdded | PasskeyRemoved | PasskeyCounterRegressed;
export type ChallengeSucceeded = DomainEvent<
  'mfa.challenge_succeeded',
  { readonly purpose: ProofPurpose; readonly method: FactorMethodName }
>;
/** `method` is `null` where none was named. */
export type ChallengeFailed = DomainEvent<
  'mfa.challenge_failed',
  {
    readonly purpose: ProofPurpose;
    readonly method: FactorMethodName | null;
    readonly reason: ProofRejection;
    /** How many, where more than one are told of together. */
    readonly count?: number;
  }
>;
export type RecoveryCodeUsed = DomainEvent<'mfa.recovery_code_used', { readonly left: number }>;
export type RecoveryCodesRegenerated = DomainEvent<'mfa.recovery_codes_regenerated', Within>;

interface OfReset {
  readonly resetId: string;
}
/** Somebody decides it. `session`: where, which has to be live until that is done; `null` where none is asked for. */
interface Decided extends OfReset {
  readonly session: InSession | null;
}
/** An administrator wants all factors of a user gone. */
export type ResetRequested = DomainEvent<'mfa.reset_requested', Decided>;
/** Another one agreed. `dueAt`: RFC 3339. */
export type ResetApproved = DomainEvent<'mfa.reset_approved', Decided & { readonly dueAt: string }>;
export type ResetStopped = DomainEvent<'mfa.reset_stopped', Decided & { readonly by: 'owner' | 'admin' | 'system' }>;
export type ResetByAdmin = DomainEvent<
  'mfa.reset_by_admin',
  OfReset & { readonly requestedBy: string; readonly approvedBy: string }
>;

export type MfaEvent =
  | DeviceTrusted
  | DeviceTrustEnded
  | TotpEnrolled
  | TotpConfirmed
  | TotpRemoved
  | PasskeyEvent
  | ChallengeSucceeded
  | ChallengeFailed
  | RecoveryCodeUsed
  | RecoveryCodesRegenerated
  | ResetRequested
  | ResetApproved
  | ResetStopped
  | ResetByAdmin;
