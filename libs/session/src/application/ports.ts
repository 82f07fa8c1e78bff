import type { Session } from '../domain/session.js';

/** Who signed in, as far as tokens and answers need to know. */
export interface SignedInUser {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly roles: readonly string[];
  readonly securityEpoch: number;
}

export type CredentialVerdict =
  | { readonly outcome: 'accepted'; readonly user: SignedInUser }
  | { readonly outcome: 'unverified'; readonly userId: string }
  | {
      readonly outcome: 'rejected';
      readonly userId: string | null;
      readonly reason: 'unknown_address' | 'wrong_password' | 'account_disabled';
    };

/** Asks the context that knows people. */
export abstract class CredentialVerifier {
  /** Costs one password hash whatever the outcome; never inside of a unit of work. */
  abstract verify(email: string, password: string): Promise<CredentialVerdict>;
  /** Inside of a unit of work: true while nothing that matters changed, and keeps it so until the end. */
  abstract hold(userId: string, securityEpoch: number): Promise<boolean>;
  /** The account as it is now; `null` when it is gone, disabled or of another epoch. */
  abstract current(userId: string, securityEpoch: number): Promise<SignedInUser | null>;
}

/** Changes of sessions; every method runs inside of a unit of work. */
export abstract class SessionRepository {
  abstract add(session: Session): Promise<void>;
  /** Locks the row until the unit of work ends. */
  abstract findForUpdate(id: string): Promise<Session | null>;
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

export interface FoundRefreshToken {
  readonly sessionId: string;
  readonly generation: number;
  readonly used: boolean;
}

export abstract class RefreshTokens {
  abstract add(token: RefreshToken): Promise<void>;
  /**
   * Spends a live token in one statement, so that of any number of parallel calls one succeeds.
   * `null` when it is unknown, expired or spent already.
   */
  abstract claim(token: string, now: Date): Promise<{ readonly sessionId: string; readonly generation: number } | null>;
  /** Looks at a token that could not be claimed. */
  abstract find(token: string): Promise<FoundRefreshToken | null>;
}

/** Whether a session may still be used, asked on every request with a bearer token. */
export abstract class SessionLiveness {
  abstract isLive(sessionId: string, now: Date): Promise<boolean>;
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

/** Lifetimes. */
export abstract class SessionSettings {
  abstract readonly accessTokenMinutes: number;
  abstract readonly refreshTokenDays: number;
}
