import type { Email } from '../domain/email.js';
import type { PasswordReason } from '../domain/errors.js';
import type { Consent, Locale, PendingRegistration, Role, User, UserStatus } from '../domain/user.js';

/** Users as aggregates, for changes. Every method runs inside of a unit of work. */
export abstract class UserRepository {
  /** Stores a new user and its data key; `false`, and nothing stored, when the address is taken. */
  abstract add(user: User): Promise<boolean>;
  /** Locks the row until the unit of work ends. */
  abstract findByEmailForUpdate(email: Email): Promise<User | null>;
  abstract findForUpdate(id: string): Promise<User | null>;
  abstract save(user: User): Promise<void>;
  /** Stores the same password in another way; `false`, and nothing happened, when `hash` is no longer the stored one. */
  abstract replaceHash(id: string, hash: string, next: string): Promise<boolean>;
  /** Removes a user with everything of theirs. */
  abstract remove(user: User): Promise<void>;
  /** True once an hour for a user, so that nobody can flood a mailbox with notices. */
  abstract claimNotice(id: string, now: Date): Promise<boolean>;
  /** Locks the row until the unit of work ends. `null` when there is no such user. */
  abstract lockSecondFactor(id: string): Promise<boolean | null>;
  /** Whether a second factor is due; when it becomes so, the security epoch rises. Returns the epoch. */
  abstract setSecondFactor(id: string, enabled: boolean, now: Date): Promise<number>;
  abstract addConsents(userId: string, consents: readonly Consent[], decidedAt: Date): Promise<void>;
  /** Forgets every decision of a user: they were somebody else's, who never proved the address. */
  abstract discardConsents(userId: string): Promise<void>;
}

/** A user as its owner sees it. */
export interface UserProfile {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly displayName: string | null;
  readonly locale: Locale;
  readonly phone: string | null;
  readonly roles: readonly Role[];
  readonly mfaEnabled: boolean;
  readonly status: UserStatus;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** A user as of one moment, with the epoch of what was handed out to them. */
export interface StoredAccount {
  readonly profile: UserProfile;
  readonly securityEpoch: number;
}

/** A user with what proves them. Never leaves this context. */
export interface StoredCredentials extends StoredAccount {
  readonly passwordHash: string;
}

/** Reads that need no aggregate. */
export abstract class UserQueries {
  abstract profileOf(userId: string): Promise<UserProfile | null>;
  /** The id of whoever has that id or address; opens nothing that is sealed. */
  abstract idOf(by: { readonly id: string } | { readonly email: Email }): Promise<string | null>;
  abstract credentialsOf(email: Email): Promise<StoredCredentials | null>;
  abstract credentialsOfId(userId: string): Promise<StoredCredentials | null>;
  /** As it is, or as it was at `atLeast` or a later version, which this process may remember. */
  abstract accountOf(userId: string, atLeast?: number): Promise<StoredAccount | null>;
  /** The same, where the process need not ask: `null` when it does. */
  abstract remembered(userId: string, atLeast: number): StoredAccount | null;
  /**
   * True while the account is active and of that epoch; it then stays so until the running unit of work ends,
   * because the row is locked against change, and against others who hold it.
   */
  abstract holdEpoch(userId: string, securityEpoch: number): Promise<boolean>;
}

export type OneTimePurpose = 'email_verification' | 'password_reset' | 'email_change' | 'email_change_undo';

export interface OneTimeToken {
  /** 256 random bits, base64url; only its SHA-256 is stored. */
  readonly token: string;
  readonly purpose: OneTimePurpose;
  readonly userId: string;
  readonly securityEpoch: number;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** What the token confirms; `null` when that is the account as it stands. Kept sealed, and only until it is spent. */
  readonly registration: PendingRegistration | null;
  /** The address that the token sets. Kept sealed. */
  readonly address?: Email;
}

/** What a token was good for. */
export interface SpentToken {
  readonly securityEpoch: number;
  readonly registration: PendingRegistration | null;
  readonly address: Email | null;
  readonly issuedAt: Date;
}

export abstract class OneTimeTokens {
  abstract issue(token: OneTimeToken): Promise<void>;
  abstract countSince(userId: string, purpose: OneTimePurpose, since: Date): Promise<number>;
  /** Whose token it is, so that the account can be locked first; `null` where {@link consume} would say so too. */
  abstract ownerOf(token: string, purpose: OneTimePurpose, now: Date): Promise<string | null>;
  /** Spends the token in one statement; `null` when it is unknown, expired, spent or meant for something else. */
  abstract consume(token: string, purpose: OneTimePurpose, now: Date): Promise<SpentToken | null>;
  /** What the tokens of a user that still work would make the address of the account. */
  abstract addressesOf(userId: string, purpose: OneTimePurpose, now: Date): Promise<Email[]>;
  /** Voids every token of a user for this purpose, and forgets what they would have confirmed. */
  abstract voidAll(userId: string, purpose: OneTimePurpose, now: Date): Promise<void>;
  /** Voids those that were issued then or later. */
  abstract voidSince(userId: string, purpose: OneTimePurpose, since: Date, now: Date): Promise<void>;
  /**
   * The registration that was made first of those with a token that still works; of all, when none works any more.
   * `null` when none is kept.
   */
  abstract earliestRegistration(userId: string, now: Date): Promise<PendingRegistration | null>;
}

/** Slow on purpose, so never inside of a unit of work. Throws `Overloaded` when too many calls wait already. */
export abstract class PasswordHasher {
  /** Throws `Overloaded` when too many calls wait already, so that nothing is read for a call that has no chance. */
  abstract refuseIfBusy(): void;
  abstract hash(password: string): Promise<string>;
  /** Knows the hashes of the service before this one as well. */
  abstract verify(hash: string, password: string): Promise<boolean>;
  /** Costs what `verify` costs, for users that do not exist. */
  abstract verifyNothing(password: string): Promise<void>;
  /** Made in another way, at a lower cost or with another key than `hash` makes it now. */
  abstract isOutdated(hash: string): boolean;
  /** The hash is of a kind that cannot tell such a long password from others, so that no password like it is right. */
  abstract isBeyond(hash: string, password: string): boolean;
  /** The same of hashes of any kind, whether or not there is one. */
  abstract isBeyondSome(password: string): boolean;
}

/** What a password must not be made of. */
export interface OwnData {
  readonly email: string;
  readonly displayName?: string | null;
}

export abstract class PasswordPolicy {
  /** Empty when the password is good enough. */
  abstract reasonsAgainst(password: string, own: OwnData): PasswordReason[];
}

/** What a letter says of a registration: when, and in whose language. */
export interface SignUp {
  readonly signedUpAt: Date;
  readonly locale: Locale;
}

export interface EmailChangeNotice {
  readonly token: string;
  readonly done: boolean;
}

/** Letters to users; enqueued in the running unit of work, sent after it. */
export abstract class IdentityMail {
  /** `registration`: the one that the token confirms. */
  abstract verifyEmail(user: User, token: string, registration: SignUp): Promise<void>;
  abstract addressAlreadyRegistered(user: User): Promise<void>;
  abstract resetPassword(user: User, token: string): Promise<void>;
  /** To the address that is to be proven, and to no other. */
  abstract confirmEmailChange(user: User, to: Email, token: string): Promise<void>;
  /** To the address before, with the token that takes it back. `done`: whether the new address is proven already. */
  abstract emailChangeNotice(user: User, before: Email, after: Email, change: EmailChangeNotice): Promise<void>;
}

/** What somebody who is not signed in asked for, to be looked at once they have their answer. */
export interface RecoveryRequest {
  readonly id: string;
  readonly email: Email;
}

/** The same work for every address, whoever has it. */
export abstract class RecoveryRequests {
  abstract add(email: Email): Promise<void>;
  /** Takes a request away, inside of a unit of work; `false` when somebody else did. */
  abstract take(id: string): Promise<boolean>;
}

/** For how much mail one source may ask, whether or not there is anybody to get it. */
export abstract class RecoveryBudget {
  /**
   * Inside of a unit of work, and before anybody looks for an account: whoever knows what they have left would learn from
   * it whether there is one. `false` when the source of the request at work has none left in this hour.
   */
  abstract claim(now: Date): Promise<boolean>;
}

/** Brings an address into its one form; throws `InvalidEmail`. */
export abstract class EmailParser {
  abstract parse(typed: string): Email;
}

export abstract class IdentitySettings {
  abstract readonly verificationTokenHours: number;
  /** Whole years; `undefined` asks nobody for a date of birth. */
  abstract readonly minimumAge: number | undefined;
}
