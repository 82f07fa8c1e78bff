import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';

import type { User } from '../domain/user.js';
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

  /** Mails a token that proves the address. */
  async issue(user: User, now: Date): Promise<void> {
    const token = this.ids.secret();
    await this.tokens.issue({
      token,
      purpose: 'email_verification',
      userId: user.id,
      securityEpoch: user.state.securityEpoch,
      issuedAt: now,
      expiresAt: new Date(now.getTime() + this.settings.verificationTokenHours * HOUR_MS),
    });
    await this.mail.verifyEmail(user, token);
  }

  /** Tells the owner of a proven address that somebody tried to register it, once an hour at most. */
  async tellOwner(user: User, now: Date): Promise<void> {
    if (await this.users.claimNotice(user.id, now)) await this.mail.addressAlreadyRegistered(user);
  }
}
