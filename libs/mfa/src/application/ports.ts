import type { FactorMethodName, ProofPurpose } from '../domain/methods.js';
import type { ProofRejection } from '../domain/events.js';

/** What the factors of a user are proven for. */
export type FactorPurpose = Exclude<ProofPurpose, 'enrolment'>;

/** What a client sent as its proof. */
export interface FactorProof {
  readonly method: FactorMethodName;
  readonly code?: string | undefined;
  /** Of a passkey: the answer of the browser. */
  readonly credential?: unknown;
}

/** A proof, and where it was sent. */
export interface FactorClaim {
  readonly userId: string;
  readonly purpose: FactorPurpose;
  /** The challenge of the sign-in, or the session that it is to be a fresh proof in. */
  readonly bond: string;
  readonly proof: FactorProof;
  readonly now: Date;
}

export type FactorVerdict =
  | {
      readonly outcome: 'right';
      /** What tokens say about it (RFC 8176), without `mfa`. */
      readonly amr: readonly string[];
      /**
       * Inside of a unit of work that holds the account: spends what may be used once. `false`, and nothing happened,
       * when somebody was faster or the factor is gone.
       */
      readonly accept: () => Promise<boolean>;
    }
  | { readonly outcome: 'refused'; readonly reason: Exclude<ProofRejection, 'too_many_attempts' | 'no_proof'> };

/** One kind of second factor. A new kind is one more of these, and a line in the module. */
export abstract class FactorMethod {
  abstract readonly name: FactorMethodName;
  /** Looks at a proof and changes nothing; outside of any unit of work, because it may be slow. */
  abstract verify(claim: FactorClaim): Promise<FactorVerdict>;
}

/** A challenge that can still be met. */
export interface OpenChallenge {
  readonly id: string;
  readonly userId: string;
  readonly securityEpoch: number;
  /** What whoever asked for it wanted to remember. */
  readonly continuation: string;
}

export interface NewChallenge extends OpenChallenge {
  /** Opaque; only its SHA-256 is stored. */
  readonly token: string;
  readonly purpose: Extract<ProofPurpose, 'sign_in'>;
  /** How the device describes itself; it has to say the same when it comes back. */
  readonly device: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export abstract class MfaChallenges {
  /** Inside of a unit of work. */
  abstract issue(challenge: NewChallenge): Promise<void>;
  /** `null` when the token is unknown, used, expired, for something else, or another device's. */
  abstract find(token: string, device: string, now: Date): Promise<OpenChallenge | null>;
  /** Inside of a unit of work. `false` when somebody was faster, or it has expired. */
  abstract close(id: string, now: Date): Promise<boolean>;
}

/**
 * What guesses are counted for: the factors a user has, one that is being set up, or passkeys that are shown within one
 * session. Those go without a password, so whoever stole a session must not lock the sign-in of its owner with them, nor
 * the owner's other sessions.
 */
export type AttemptCounter =
  | { readonly userId: string; readonly purpose: 'proof' | 'enrolment' }
  | { readonly userId: string; readonly purpose: 'session_passkey'; readonly sessionId: string };

export type AttemptReservation =
  | { readonly granted: true; readonly at: Date; readonly isLast: boolean }
  | { readonly granted: false; readonly retryAfterSeconds: number };

/** Five guesses of a counter in 15 minutes, whatever the challenge, source or instance. */
export abstract class MfaAttempts {
  /** Counts a guess before it is looked at, in a transaction of its own: parallel ones count as well. */
  abstract reserve(counter: AttemptCounter, now: Date): Promise<AttemptReservation>;
  /** It was no guess after all. Inside of a unit of work. */
  abstract release(counter: AttemptCounter, at: Date): Promise<void>;
  /** True three times an hour of a user, so that nobody can flood a mailbox. Inside of a unit of work. */
  abstract claimNotice(userId: string, now: Date): Promise<boolean>;
}

/** The secret of an authenticator app. */
export interface TotpFactor {
  readonly id: string;
  readonly secret: Uint8Array;
  readonly lastStep: number | null;
}

export abstract class TotpFactors {
  /** Instead of what waited before; `false`, and nothing stored, when one is confirmed already. */
  abstract propose(userId: string, id: string, secret: Uint8Array, now: Date): Promise<boolean>;
  /** What waits to be confirmed since then or later. Throws `FactorUnreadable`. */
  abstract proposed(userId: string, since: Date): Promise<TotpFactor | null>;
  /** The confirmed one. Throws `FactorUnreadable`. */
  abstract confirmed(userId: string): Promise<TotpFactor | null>;
  /** The step of the code is used up with it. `false` when it is confirmed, replaced or gone. */
  abstract confirm(id: string, step: number, now: Date): Promise<boolean>;
  /** Uses up a step, and all before it. `false` when it was used already, or the factor is gone. */
  abstract spend(id: string, step: number, now: Date): Promise<boolean>;
  abstract remove(userId: string): Promise<'confirmed' | 'proposed' | 'none'>;
}

export abstract class TotpCodes {
  /** In constant time. */
  abstract matches(secret: Uint8Array, step: number, code: string): boolean;
}

export interface HashedRecoveryCode {
  readonly selector: string;
  readonly hash: string;
}

export abstract class RecoveryCodes {
  /** The set from before is void. Inside of a unit of work. */
  abstract replace(userId: string, codes: readonly HashedRecoveryCode[], now: Date): Promise<void>;
  abstract find(userId: string, selector: string): Promise<{ readonly hash: string; readonly used: boolean } | null>;
  /** How many are left then; `null` when this one was used or replaced. Inside of a unit of work. */
  abstract spend(userId: string, code: HashedRecoveryCode, now: Date): Promise<number | null>;
}

/** Slow, so never inside of a unit of work. Throws `Overloaded`. */
export abstract class RecoveryCodeHasher {
  abstract hash(code: string): Promise<string>;
  abstract verify(hash: string, code: string): Promise<boolean>;
}

/** What is left when a factor goes. */
export abstract class MfaFactors {
  /** Confirmed ones, of any kind. */
  abstract count(userId: string): Promise<number>;
  /**
   * What was confirmed since then, with the recovery codes made since then and everything that was begun. Returns the
   * factors. Inside of a unit of work.
   */
  abstract removeSince(userId: string, since: Date): Promise<{ readonly id: string; readonly method: string }[]>;
  /** With all recovery codes and open challenges. Inside of a unit of work. */
  abstract removeAll(userId: string): Promise<void>;
}

/** Who has factors, as the context that knows people tells it. */
export abstract class Holders {
  abstract emailOf(userId: string): Promise<string>;
  /** Whether that is an administrator now. */
  abstract isAdmin(userId: string): Promise<boolean>;
  /** Inside of a unit of work: whether a second factor is due, and nobody changes that until the end. */
  abstract lock(userId: string): Promise<boolean>;
  /** A second factor is due from now on. Returns the account's new security epoch. */
  abstract demand(userId: string, now: Date): Promise<number>;
  abstract release(userId: string, now: Date): Promise<void>;
}

export type MfaNotice =
  | 'mfa_enabled'
  | 'mfa_totp_removed'
  | 'mfa_passkey_added'
  | 'mfa_passkey_removed'
  | 'mfa_passkey_copied'
  | 'mfa_recovery_codes_renewed'
  | 'mfa_recovery_code_used'
  | 'mfa_proof_failed'
  | 'mfa_device_trusted'
  | 'mfa_recent_removed'
  | 'mfa_reset_requested'
  | 'mfa_reset_approved'
  | 'mfa_reset_stopped'
  | 'mfa_reset_done';

/** Tells the owner by mail, in the running unit of work. */
export abstract class MfaNotices {
  abstract send(notice: MfaNotice, userId: string, data?: Readonly<Record<string, string>>): Promise<void>;
}

export type ProofOutcome = 'succeeded' | ProofRejection;

/** Figures for whoever watches. */
export abstract class MfaMetrics {
  abstract proof(method: FactorMethodName | null, outcome: ProofOutcome): void;
  abstract lockedOut(): void;
}

export abstract class MfaSettings {
  /** What an authenticator app calls this service. */
  abstract readonly issuer: string;
}
