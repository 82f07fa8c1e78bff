import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';

import type { PendingRegistration, User } from '../domain/user.js';
import { IdentityMail, IdentitySettings, OneTimeTokens, UserRepository } from './ports.js';

const HOUR_MS = 3_600_000;
const MAILS_PER_HOUR = 3;

/** What the owner of an address is told, and how often. Runs in the caller's unit of work. */
@Injectable()
export class EmailVerification {
  constructor(
    private readonly users: UserRepository,
    private readonly tokens: OneTimeTokens,
    private readonly mail: IdentityMail,
    private readonly settings: IdentitySettings,
    private readonly ids: Ids,
  ) {}

  /** The account's row is locked by the caller, so that the count cannot be overtaken. */
  async mayIssue(userId: string, now: Date): Promise<boolean> {
    const since = new Date(now.getTime() - HOUR_MS);
    return (await this.tokens.countSince(userId, 'email_verification', since)) < MAILS_PER_HOUR;
  }

  /** Mails a token that proves the address and confirms `registration`, or the account as it stands. */
  async issue(user: User, registration: PendingRegistration | null, now: Date): Promise<void> {
    const token = this.ids.secret();
    await this.tokens.issue({
      token,
      purpose: 'email_verification',
      userId: user.id,
      securityEpoch: user.state.securityEpoch,
      issuedAt: now,
      expiresAt: new Date(now.getTime() + this.settings.verificationTokenHours * HOUR_MS),
      registration,
    });
    const { createdAt, profile } = user.state;
    await this.mail.verifyEmail(user, token, {
      signedUpAt: registration?.signedUpAt ?? createdAt,
      locale: (registration?.profile ?? profile).locale,
    });
  }

  /**
   * Mails another token for the earliest registration: nobody proves who asks, and whoever registers an address after
   * its owner must not have their own registration mailed in answer to the owner's question.
   */
  async issueAgain(user: User, now: Date): Promise<void> {
    await this.issue(user, await this.tokens.earliestRegistration(user.id, now), now);
  }

  /** Tells the owner of a proven address that somebody tried to register it, once an hour at most. */
  async tellOwner(user: User, now: Date): Promise<void> {
    if (await this.users.claimNotice(user.id, now)) await this.mail.addressAlreadyRegistered(user);
  }
}
