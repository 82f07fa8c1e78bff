import { Injectable } from '@nestjs/common';

import type { Email } from '../domain/email.js';
import { InvalidEmail } from '../domain/errors.js';
import { EmailParser, PasswordHasher, UserQueries, type StoredCredentials, type UserProfile } from './ports.js';

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
  | { readonly outcome: 'unverified'; readonly userId: string }
  | {
      readonly outcome: 'rejected';
      readonly userId: string | null;
      readonly reason: 'unknown_address' | 'wrong_password' | 'account_disabled';
    };

/** The door through which other contexts ask this one. */
@Injectable()
export class IdentityApi {
  constructor(
    private readonly emails: EmailParser,
    private readonly queries: UserQueries,
    private readonly hasher: PasswordHasher,
  ) {}

  /** Costs one hash whatever the outcome. Never call it inside of a unit of work. */
  async verifyPassword(typedEmail: string, password: string): Promise<PasswordVerdict> {
    this.hasher.refuseIfBusy();
    const email = this.parse(typedEmail);
    return this.judge(email && (await this.queries.credentialsOf(email)), password);
  }

  /** The same of somebody who is known by their id; `unknown_address` when the account is gone. */
  async verifyPasswordOf(userId: string, password: string): Promise<PasswordVerdict> {
    this.hasher.refuseIfBusy();
    return this.judge(await this.queries.credentialsOfId(userId), password);
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

  private async judge(stored: StoredCredentials | null, password: string): Promise<PasswordVerdict> {
    if (stored === null) {
      await this.hasher.verifyNothing(password);
      return { outcome: 'rejected', userId: null, reason: 'unknown_address' };
    }
    const { profile, passwordHash, securityEpoch } = stored;
    if (!(await this.hasher.verify(passwordHash, password))) {
      return { outcome: 'rejected', userId: profile.id, reason: 'wrong_password' };
    }
    if (profile.status !== 'active') return { outcome: 'rejected', userId: profile.id, reason: 'account_disabled' };
    if (!profile.emailVerified) return { outcome: 'unverified', userId: profile.id };
    return { outcome: 'accepted', account: accountOf(profile, securityEpoch) };
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

function accountOf(profile: UserProfile, securityEpoch: number): Account {
  const { id, email, displayName, roles, locale, mfaEnabled } = profile;
  return { id, email, displayName, roles, securityEpoch, locale, mfaEnabled };
}
