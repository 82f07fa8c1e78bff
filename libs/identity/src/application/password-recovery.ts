import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';

import type { User } from '../domain/user.js';
import { IdentityMail, OneTimeTokens } from './ports.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** OWASP Forgot Password Cheat Sheet; api.md, Times. */
export const RESET_TOKEN_MINUTES = 60;
const MAILS_PER_HOUR = 3;

/** Mails the link that sets a new password. Runs in the caller's unit of work, which holds the account's row. */
@Injectable()
export class PasswordRecovery {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly mail: IdentityMail,
    private readonly ids: Ids,
  ) {}

  /** Three times an hour at most, and never to the owner of a disabled account. */
  async mayMail(user: User, now: Date): Promise<boolean> {
    return user.state.status === 'active' && (await this.mailedLately(user, now)) < MAILS_PER_HOUR;
  }

  /** The same where nobody asked for it: a link that the owner may have in hand must not be voided by another. */
  async mayOffer(user: User, now: Date): Promise<boolean> {
    return user.state.status === 'active' && (await this.mailedLately(user, now)) === 0;
  }

  /** The newest link is the one that works. The caller saves the user. */
  async issue(user: User, now: Date): Promise<void> {
    const token = this.ids.secret();
    await this.tokens.voidAll(user.id, 'password_reset', now);
    await this.tokens.issue({
      token,
      purpose: 'password_reset',
      userId: user.id,
      securityEpoch: user.state.securityEpoch,
      issuedAt: now,
      expiresAt: new Date(now.getTime() + RESET_TOKEN_MINUTES * MINUTE_MS),
      registration: null,
    });
    user.requestPasswordReset(now);
    await this.mail.resetPassword(user, token);
  }

  // A link lives as long as it counts here.
  private mailedLately({ id }: User, now: Date): Promise<number> {
    return this.tokens.countSince(id, 'password_reset', new Date(now.getTime() - HOUR_MS));
  }
}
