import type { Passkey } from '../domain/passkey.js';

/** Passkeys as they are stored. Changes run inside of a unit of work. */
export abstract class Passkeys {
  /** `false`, and nothing stored, when somebody registered this credential before. */
  abstract add(passkey: Passkey): Promise<boolean>;
  /** Locks the row until the unit of work ends; `null` when the user has no such passkey. */
  abstract findForUpdate(userId: string, id: string): Promise<Passkey | null>;
  /** Whoever it belongs to. Outside of a unit of work. */
  abstract findByCredential(credentialId: string): Promise<Passkey | null>;
  /** Oldest first. */
  abstract listOf(userId: string): Promise<Passkey[]>;
  abstract save(passkey: Passkey): Promise<void>;
  abstract remove(passkey: Passkey): Promise<void>;
  /** True once an hour for a passkey, so that nobody can flood a mailbox with notices. */
  abstract claimNotice(id: string, now: Date): Promise<boolean>;
}

/**
 * What a challenge is for. It is good for nothing else: an answer to one of them proves nothing to the others.
 *
 * `bond`: what the answer belongs to besides the user, a session or the challenge of a sign-in.
 */
export type PasskeyPurpose =
  | { readonly name: 'registration' | 'second_factor' | 'step_up'; readonly userId: string; readonly bond: string }
  | { readonly name: 'sign_in'; readonly userId: null; readonly bond: null };

export abstract class PasskeyChallenges {
  /**
   * A new challenge, unguessable, base64url. Of a user, it takes the place of the one before it for the same purpose;
   * where anybody may ask, nothing is stored before it is spent.
   */
  abstract issue(purpose: PasskeyPurpose, expiresAt: Date): Promise<string>;
  /** In one statement, and so once: `false` when it is unknown, spent, expired or meant for something else. */
  abstract spend(challenge: string, purpose: PasskeyPurpose, now: Date): Promise<boolean>;
}
