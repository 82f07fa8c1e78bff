import type { AuthenticationMethod } from '../domain/assurance.js';
import type { SignedInUser } from './ports.js';

/** `account_disabled`: the passkey is right, but its account may not sign in. */
export type PasskeyRejection =
  'passkey_challenge_invalid' | 'passkey_unknown' | 'passkey_wrong' | 'passkey_counter_regressed' | 'account_disabled';

export type PasskeyVerdict =
  /** `amr`: RFC 8176; both factors are among it. */
  | { readonly outcome: 'accepted'; readonly user: SignedInUser; readonly amr: readonly AuthenticationMethod[] }
  | { readonly outcome: 'rejected'; readonly userId: string | null; readonly reason: PasskeyRejection };

/** Asks the contexts that know people and their passkeys. */
export abstract class PasskeyCheck {
  /** What goes to the browser as it is; the same for everybody, so that it tells nothing. */
  abstract options(): Promise<Readonly<Record<string, unknown>>>;
  /** The account as it is; `null` when it may not sign in. */
  abstract account(userId: string): Promise<SignedInUser | null>;
  /** Spends the challenge, whatever comes of it; never inside of a unit of work. */
  abstract verify(credential: PasskeyCredential): Promise<PasskeyVerdict>;
}

/** As the browser wrote it. */
export interface PasskeyCredential {
  readonly id: string;
  readonly response: Readonly<Record<string, unknown>>;
}
