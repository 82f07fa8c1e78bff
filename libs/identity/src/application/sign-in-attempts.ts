import type { Email } from '../domain/email.js';
import type { StoredCredentials, UserProfile } from './ports.js';

/** Where somebody tries a password. */
export interface AttemptOrigin {
  /** The client's address; those whose address nobody knows count together. */
  readonly source: string | null;
  /** What the client was given when it signed in earlier, as it says. */
  readonly deviceToken: string | null;
}

/** A password that somebody types beside an address. */
export interface AddressAttempt extends AttemptOrigin {
  /** What the attempt counts under: `signInName`. */
  readonly name: string;
  /** `null` when nobody can have such an address. */
  readonly email: Email | null;
}

/** A password that somebody types who is signed in. */
export interface SessionAttempt {
  readonly userId: string;
  readonly sessionId: string;
  readonly source: string | null;
}

/**
 * Which limit was reached: that of guesses at one address from one place, of failures in a row at one address, or of
 * failures from one source at any address.
 */
export type ThrottledBy = 'guesses' | 'account' | 'source';

export interface ThrottledAttempt {
  readonly outcome: 'throttled';
  readonly userId: string | null;
  readonly by: ThrottledBy;
  readonly retryAfterSeconds: number;
  /** Some of those before are still at work, here or elsewhere: if they succeed, this one is admitted. */
  readonly isUndecided: boolean;
}

export interface AddressCounters {
  readonly guess: Uint8Array;
  readonly total: Uint8Array;
  /** Whose password, if it was changed since, voids what was counted: nobody's, if the address is counted with others. */
  readonly userId: string | null;
  /** Of what an operator has voided. */
  readonly mark: Uint8Array;
}

/** What the store needs in order to settle an attempt; it means nothing to anybody else. */
export interface AttemptTicket {
  readonly guess: Uint8Array;
  readonly total: Uint8Array;
  /** `null` for devices and sessions that are known: they are nobody who tries many addresses. */
  readonly source: Uint8Array | null;
  /** Counters of the address, where the attempt itself counts on a session, and what voids them. */
  readonly beside: AddressCounters | null;
  /** The counters are those of this account alone, so that its success may clear them. */
  readonly isOwn: boolean;
}

export interface ReservedAttempt {
  readonly outcome: 'reserved';
  readonly credentials: StoredCredentials | null;
  readonly ticket: AttemptTicket;
  /** Failures in a row before this attempt. */
  readonly failuresBefore: number;
  /** If this one fails as well, the address is locked. */
  readonly isLast: boolean;
  /** The address was locked, and this attempt is the first that it admits again. */
  readonly isUnlocked: boolean;
}

/** What a failure has led to at its source and everywhere. */
export interface FailureRate {
  /** By this failure the source has used up what it may fail. */
  readonly isSpray: boolean;
  /** So many fail everywhere that each source may fail but once. */
  readonly isAlarm: boolean;
}

export interface VoidedFailures {
  /** In a row, wherever from. */
  readonly count: number;
  /** So many that they lock the address, or may have kept somebody out where they were made. */
  readonly wereEnough: boolean;
}

/**
 * Counts of attempts to prove a password. Each is reserved before anything slow is done for it, by one statement that
 * decides for all instances, and counts as a failure until it is settled. Never inside of a unit of work.
 */
export abstract class SignInAttempts {
  abstract reserve(attempt: AddressAttempt, now: Date): Promise<ReservedAttempt | ThrottledAttempt>;
  abstract reserveInSession(attempt: SessionAttempt, now: Date): Promise<ReservedAttempt | ThrottledAttempt>;
  /** The password was right: the count begins anew. */
  abstract succeeded(ticket: AttemptTicket): Promise<void>;
  /** Nothing was found out, so that nothing was guessed. */
  abstract withdrawn(ticket: AttemptTicket): Promise<void>;
  /** Inside of a unit of work. Whether it failed in a session, and was the one that locks the address. */
  abstract failed(ticket: AttemptTicket, now: Date): Promise<boolean>;
  /**
   * Counts the same failure on its source and on the whole service, which all failures share: by itself, and after the unit
   * of work, so that none waits for the transaction of another. Counts on the source alone when too many failures of others
   * are in the way of the count of all; throws when that cannot be either.
   */
  abstract failedFrom(ticket: AttemptTicket, now: Date): Promise<FailureRate>;
  /**
   * Inside of a unit of work: the owner has proven the address where they are, and may sign in there for as long as an
   * address is locked, on counters of their own, whatever else failed there or at the address.
   */
  abstract admitOwner(email: Email, source: string | null, now: Date): Promise<void>;
  /** Inside of a unit of work that holds the account: what failed at its address until now counts no longer, wherever it did. */
  abstract voidAll(account: { readonly id: string; readonly email: Email }, now: Date): Promise<VoidedFailures>;
}

/** Lifetimes and limits. */
export abstract class SignInSettings {
  /** Of one address from one source, or of one known device, in a window. */
  abstract readonly failures: number;
  abstract readonly windowMinutes: number;
  /** In a row, of one address, wherever from. */
  abstract readonly ceiling: number;
  abstract readonly lockMinutes: number;
  /** Of one source in a window, whatever the address. */
  abstract readonly failuresOfSource: number;
  /** Of all sources in a minute; above it each source may fail once in a window. */
  abstract readonly failuresPerMinute: number;
  abstract readonly deviceDays: number;
}

/** Letters to owners; enqueued in the running unit of work. */
export abstract class SignInNotices {
  /** Nobody can cause it who does not know the password. */
  abstract succeededAfterFailures(profile: UserProfile, failures: number): Promise<void>;
}

/** Those who watch over the service learn here what no single user is told. */
export abstract class SignInWatch {
  abstract throttled(by: ThrottledBy): void;
  abstract sprayed(scope: 'source' | 'everywhere'): void;
  abstract locked(userId: string | null): void;
  /** A failure that counts at its address, and neither at its source nor among all. */
  abstract uncounted(cause: unknown): void;
  abstract succeededAfterFailures(userId: string, failures: number): void;
  abstract upgraded(outcome: 'upgraded' | 'superseded' | 'failed'): void;
}
