import { Injectable } from '@nestjs/common';

import type { Email } from '../domain/email.js';
import { InvalidEmail } from '../domain/errors.js';
import { signInName } from '../domain/sign-in-name.js';
import { KnownDevices, type DeviceSighting, type NotedDevice } from './known-devices.js';
import type { PasswordVerdict as AttemptVerdict } from './judge-password.js';
import { PasswordAttempts } from './password-attempts.js';
import { EmailParser, UserQueries, type UserProfile } from './ports.js';
import type { AttemptOrigin, SessionAttempt } from './sign-in-attempts.js';

/** What other contexts may know of a user. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly roles: readonly string[];
  /** Pass it to `holdEpoch` to learn whether anything that matters changed meanwhile. */
  readonly securityEpoch: number;
  readonly locale: 'en' | 'ko';
  /** A second factor is due beside the password. */
  readonly mfaEnabled: boolean;
}

export type PasswordVerdict =
  | { readonly outcome: 'accepted'; readonly account: Account }
  | Exclude<AttemptVerdict, { readonly outcome: 'accepted' }>;

/** The door through which other contexts ask this one. */
@Injectable()
export class IdentityApi {
  constructor(
    private readonly emails: EmailParser,
    private readonly queries: UserQueries,
    private readonly attempts: PasswordAttempts,
    private readonly devices: KnownDevices,
  ) {}

  /**
   * Costs one hash whatever the outcome, unless there were too many failures, which is `throttled`. Never call it inside
   * of a unit of work. Throws `Overloaded`.
   */
  async verifyPassword(typedEmail: string, password: string, origin: AttemptOrigin): Promise<PasswordVerdict> {
    const email = this.parse(typedEmail);
    return verdictOf(
      await this.attempts.atAddress({ ...origin, name: signInName(typedEmail, email), email }, password),
    );
  }

  /** The same of somebody who is signed in; `unknown_address` when the account is gone. */
  async verifyPasswordOf(attempt: SessionAttempt, password: string): Promise<PasswordVerdict> {
    return verdictOf(await this.attempts.inSession(attempt, password));
  }

  /** Inside of a unit of work that holds the account: somebody has signed in on this device. */
  noteDevice(sighting: DeviceSighting, now: Date): Promise<NotedDevice> {
    return this.devices.note(sighting, now);
  }

  /** The id of a user, if there is one. Throws `InvalidEmail`. */
  async find(by: { readonly id: string } | { readonly email: string }): Promise<string | null> {
    return this.queries.idOf('id' in by ? by : { email: this.emails.parse(by.email) });
  }

  /** Inside of a unit of work: true while the account is active and unchanged, and keeps it so until the end. */
  holdEpoch(userId: string, securityEpoch: number): Promise<boolean> {
    return this.queries.holdEpoch(userId, securityEpoch);
  }

  /** As it is, or was at version `atLeast` or later; `null` when the account is gone, disabled, or not of that epoch any more. */
  async activeAccount(userId: string, securityEpoch: number, atLeast?: number): Promise<Account | null> {
    const stored = await this.queries.accountOf(userId, atLeast);
    if (stored?.profile.status !== 'active' || stored.securityEpoch !== securityEpoch) return null;
    return accountOf(stored.profile, securityEpoch);
  }

  /** Of somebody who has proven who they are by other means than the password. `null` when they may not sign in. */
  async accountThatMaySignIn(userId: string): Promise<Account | null> {
    const stored = await this.queries.accountOf(userId);
    if (stored?.profile.status !== 'active' || !stored.profile.emailVerified) return null;
    return accountOf(stored.profile, stored.securityEpoch);
  }

  // Whatever cannot be an address is nobody's: the same answer at the same price.
  private parse(typedEmail: string): Email | null {
    try {
      return this.emails.parse(typedEmail);
    } catch (error) {
      if (error instanceof InvalidEmail) return null;
      throw error;
    }
  }
}

function verdictOf(verdict: AttemptVerdict): PasswordVerdict {
  if (verdict.outcome !== 'accepted') return verdict;
  return { outcome: 'accepted', account: accountOf(verdict.profile, verdict.securityEpoch) };
}

function accountOf(profile: UserProfile, securityEpoch: number): Account {
  const { id, email, displayName, roles, locale, mfaEnabled } = profile;
  return { id, email, displayName, roles, securityEpoch, locale, mfaEnabled };
}
