import type { Refreshed } from '../domain/events.js';
import type { PresentedToken } from '../domain/refresh-verdict.js';
import type { Session } from '../domain/session.js';

/** Who signed in, as far as tokens and answers need to know. */
export interface SignedInUser {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly roles: readonly string[];
  readonly securityEpoch: number;
  readonly locale: 'en' | 'ko';
  /** A second factor is due beside the password. */
  readonly mfaEnabled: boolean;
}

export type CredentialVerdict =
  | { readonly outcome: 'accepted'; readonly user: SignedInUser }
  | { readonly outcome: 'unverified'; readonly userId: string }
  | {
      readonly outcome: 'rejected';
      readonly userId: string | null;
      readonly reason: 'unknown_address' | 'wrong_password' | 'account_disabled';
    }
  | Throttled;

/** Too many passwords were wrong; this one was not looked at. `by` is the limit that was reached. */
export interface Throttled {
  readonly outcome: 'throttled';
  readonly userId: string | null;
  readonly by: 'guesses' | 'account' | 'source';
  readonly retryAfterSeconds: number;
}

/** Where a password is typed: the client's address, and what the client was given at an earlier sign-in. */
export interface SignInOrigin {
  readonly source: string | null;
  readonly deviceToken: string | null;
}

/** Asks the context that knows people. */
export abstract class CredentialVerifier {
  /** Costs one password hash whatever the outcome but `throttled`; never inside of a unit of work. */
  abstract verify(email: string, password: string, origin: SignInOrigin): Promise<CredentialVerdict>;
  /**
   * Inside of a unit of work: true while nothing that matters changed, and keeps it so until the end. Sign-ins of one
   * user wait here for each other, so that each sees the sessions which the one before it left.
   */
  abstract hold(userId: string, securityEpoch: number): Promise<boolean>;
  /** The account as it is now, or was at `version` or later; `null` when it is gone, disabled or of another epoch. */
  abstract current(userId: string, securityEpoch: number, version?: number): Promise<SignedInUser | null>;
}

/** Changes of sessions; every method runs inside of a unit of work. */
export abstract class SessionRepository {
  abstract add(session: Session): Promise<void>;
  /** Locks the row until the unit of work ends. */
  abstract findForUpdate(id: string): Promise<Session | null>;
  /** How many of a user's sessions were evicted since then; counts no further than `most`. */
  abstract countEvicted(userId: string, since: Date, most: number): Promise<number>;
  /** The sessions of a user that have not ended; locks them. */
  abstract findLiveForUpdate(userId: string, now: Date): Promise<Session[]>;
  /** Once committed, an ended session is refused: here at once, elsewhere within a second. */
  abstract save(session: Session): Promise<void>;
}

/** One link in a session's chain of refresh tokens. */
export interface RefreshToken {
  /** The opaque value the client holds; only its SHA-256 is stored. */
  readonly token: string;
  readonly sessionId: string;
  readonly generation: number;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface Successor {
  readonly token: string;
  /** Makes the same successor again of its session and generation. */
  readonly nonce: string;
}

export abstract class RefreshTokens {
  /** The first one of a session; inside of a unit of work. */
  abstract add(token: RefreshToken): Promise<void>;
  /** What is known about a token; `null` when that is nothing. */
  abstract inspect(token: string, now: Date): Promise<PresentedToken | null>;
  /**
   * Spends a live token for its successor and stores the event, in one statement that is a transaction of its own.
   * `false`, and nothing happened for the client, when somebody was faster or the session or account changed.
   */
  abstract rotate(token: string, presented: PresentedToken, successor: Successor, event: Refreshed): Promise<boolean>;
}

/** Makes successors so that the same one can be made again, by nobody but this service. */
export abstract class SuccessorTokens {
  abstract derive(sessionId: string, generation: number, nonce: string): string;
}

export type SecondFactorState = 'none' | 'proven' | 'owed';

/** What a request with a bearer token needs to know about its session. */
export interface SessionStanding {
  /** `idle`: rested for too long, and nobody has ended it yet; `ended_idle`: has been ended for that. */
  readonly state: 'live' | 'ended' | 'ended_idle' | 'idle';
  readonly userId: string;
  /** The account's roles as they are, not as they were when the token was issued. */
  readonly roles: readonly string[];
  readonly accountVersion: number;
  /** Whether the user has one, and whether it was proven in this session (`owed`: it was not). */
  readonly secondFactor: SecondFactorState;
}

/** Whether a session may still be used, asked on every request with a bearer token. */
export abstract class SessionLiveness {
  /**
   * Not older than a second; up to a minute when PostgreSQL does not answer but Redis does, or there is none. Notes that
   * the session was used.
   * Throws `SessionStateUnavailable`. Answers at once, without a promise, when it knows.
   */
  abstract standingOf(sessionId: string, now: Date): SessionStanding | Promise<SessionStanding>;
  /** A session has ended, its end is committed: refused from now on, and for the reason that it was. */
  abstract ended(sessionId: string, how: 'ended' | 'ended_idle'): void;
  /** Something else about a session has changed, that is committed: this process looks at it anew. */
  abstract changed(sessionId: string): void;
  /** Without asking anybody: `false` may also mean that this process does not know. */
  abstract isKnownEnded(sessionId: string): boolean;
  /** When this process last saw it used; more exact than what is stored, and `null` when it did not. */
  abstract lastUsed(sessionId: string): Date | null;
}

/** Tells the owner, by mail, what happened to a session; enqueued in the running unit of work. */
export abstract class SessionNotices {
  abstract evicted(user: SignedInUser, session: Session): Promise<void>;
  /** Somebody signed in on a device that is not known. */
  abstract newDevice(user: SignedInUser, session: Session): Promise<void>;
  abstract refreshReused(session: Session): Promise<void>;
}

/** What an access token says (RFC 9068 §2.2). */
export interface AccessTokenSubject {
  readonly userId: string;
  readonly sessionId: string;
  readonly roles: readonly string[];
  readonly authTime: Date;
  readonly amr: readonly string[];
  readonly acr: string;
}

export abstract class AccessTokenSigner {
  abstract sign(subject: AccessTokenSubject, now: Date): string;
}

/** A token whose signature and claims hold. Whether its session still lives is another question. Times in seconds. */
export interface VerifiedToken {
  readonly userId: string;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly roles: readonly string[];
  readonly amr: readonly string[];
  readonly acr: string;
  readonly authTime: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export type TokenFault = 'expired' | 'invalid';

/** Reads access tokens: local, without any input or output (RFC 9068 §4). */
export abstract class AccessTokenVerifier {
  abstract verify(token: string): VerifiedToken | TokenFault;
}

/** Lifetimes and limits. */
export abstract class SessionSettings {
  abstract readonly accessTokenMinutes: number;
  abstract readonly refreshTokenDays: number;
  /** For how long a spent refresh token still gets its successor. */
  abstract readonly refreshGraceSeconds: number;
  abstract readonly idleTimeoutMinutes: number;
  /** Of one user at the same time. */
  abstract readonly maxConcurrent: number;
  /** Who has one of these roles can do nothing but set up a second factor until there is one. */
  abstract readonly mfaRequiredRoles: readonly string[];
}
