import type { SignedInUser, Throttled } from './ports.js';

/** Who types a password, in which session and where. */
export interface SessionOwner {
  readonly userId: string;
  readonly sessionId: string;
  readonly source: string | null;
}

export type PasswordCheckVerdict =
  | { readonly outcome: 'accepted'; readonly user: SignedInUser }
  | { readonly outcome: 'rejected'; readonly reason: 'wrong_password' | 'account_changed' }
  | Throttled;

/** Asks the context that knows people whether somebody who is signed in knows their password. */
export abstract class PasswordCheck {
  /** Costs one password hash whatever the outcome but `throttled`; never inside of a unit of work. Throws `Overloaded`. */
  abstract verify(session: SessionOwner, password: string): Promise<PasswordCheckVerdict>;
}
