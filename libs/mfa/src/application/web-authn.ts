import type { Assertion } from '../domain/passkey.js';

/**
 * A public key credential as a browser writes it (`PublicKeyCredential.toJSON()`, WebAuthn L3 §5.1). Whatever it says
 * is believed only once the signature holds.
 */
export interface PresentedCredential {
  readonly id: string;
  readonly response: Readonly<Record<string, unknown>>;
}

/** What goes to the browser as it is (`parseCreationOptionsFromJSON`, `parseRequestOptionsFromJSON`). */
export type CeremonyOptions = Readonly<Record<string, unknown>>;

export interface KnownCredential {
  readonly credentialId: string;
  readonly transports: readonly string[];
}

export interface RegistrationRequest {
  /** 256 random bits, base64url. */
  readonly challenge: string;
  readonly userId: string;
  /** What the authenticator shows in its list of accounts. */
  readonly userName: string;
  readonly displayName: string;
  /** Authenticators that hold one already refuse to make another. */
  readonly existing: readonly KnownCredential[];
}

/** A key pair that an authenticator has made. */
export interface RegisteredCredential extends KnownCredential, Assertion {
  readonly publicKey: Uint8Array;
}

/** What an assertion is checked against. */
export interface ExpectedAssertion {
  readonly challenge: string;
  readonly credentialId: string;
  readonly publicKey: Uint8Array;
  readonly userId: string;
  /** Nobody said before who they are: then the authenticator has to (WebAuthn §7.2, step 6). */
  readonly isUserUnknown: boolean;
}

/**
 * The two ceremonies of WebAuthn, on the side of the relying party. User verification is always required: a passkey is
 * something one has together with something one knows or is.
 */
export abstract class WebAuthn {
  /** How long the answer of an authenticator is waited for, in seconds. */
  abstract readonly ceremonySeconds: number;
  abstract creationOptions(request: RegistrationRequest): Promise<CeremonyOptions>;
  /** Without credentials the browser offers whatever passkeys of this service it knows. */
  abstract requestOptions(challenge: string, allowed: readonly KnownCredential[]): Promise<CeremonyOptions>;
  /** The challenge that a credential says it answers; `null` when that cannot be read. Proves nothing yet. */
  abstract challengeOf(credential: PresentedCredential): string | null;
  /** `null` unless the credential is a new one that answers this challenge from one of our origins. */
  abstract register(credential: PresentedCredential, challenge: string): Promise<RegisteredCredential | null>;
  /** `null` unless the owner of the private key answered this challenge, from one of our origins, and was verified. */
  abstract assert(credential: PresentedCredential, expected: ExpectedAssertion): Promise<Assertion | null>;
}
