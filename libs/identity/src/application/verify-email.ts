import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { OneTimeTokenInvalid } from '../domain/errors.js';
import type { PendingRegistration, User } from '../domain/user.js';
import { ConfirmEmailChange } from './change-email.js';
import { OneTimeTokens, UserRepository } from './ports.js';

/**
 * The mailed token came back: the address belongs to whoever made the registration that it was mailed for, or asked for
 * the change of address.
 */
@Injectable()
export class VerifyEmail {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly users: UserRepository,
    private readonly changes: ConfirmEmailChange,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Throws `OneTimeTokenInvalid`. */
  async execute(token: string): Promise<void> {
    if (await this.uow.run(() => this.verify(token, this.clock.now()))) return;
    if (!(await this.changes.execute(token))) throw new OneTimeTokenInvalid();
  }

  private async verify(token: string, now: Date): Promise<boolean> {
    // The account first, like everybody who makes tokens: two links at once wait for one another, and never both ways.
    const userId = await this.tokens.ownerOf(token, 'email_verification', now);
    const user = userId === null ? null : await this.users.findForUpdate(userId);
    // Nothing that was left over may ever change an account that somebody proved to be theirs.
    if (user === null || user.emailVerified) return false;
    const spent = await this.tokens.consume(token, 'email_verification', now);
    if (spent === null || spent.securityEpoch !== user.state.securityEpoch) return false;
    if (spent.registration === null) user.verifyEmail(now);
    else await this.adopt(user, spent.registration, now);
    await this.users.save(user);
    await this.tokens.voidAll(user.id, 'email_verification', now);
    return true;
  }

  private async adopt(user: User, registration: PendingRegistration, now: Date): Promise<void> {
    user.confirmRegistration(registration, now);
    await this.users.discardConsents(user.id);
    await this.users.addConsents(user.id, registration.consents, registration.signedUpAt);
  }
}
