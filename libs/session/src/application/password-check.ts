import type { SignedInUser } from './ports.js';

export type PasswordCheckVerdict =
  | { readonly outcome: 'accepted'; readonly user: SignedInUser }
  | { readonly outcome: 'rejected'; readonly reason: 'wrong_password' | 'account_changed' };

/** Asks the context that knows people whether somebody who is signed in knows their password. */
export abstract class PasswordCheck {
  /** Costs one password hash whatever the outcome; never inside of a unit of work. Throws `Overloaded`. */
  abstract verify(userId: string, password: string): Promise<PasswordCheckVerdict>;
}
