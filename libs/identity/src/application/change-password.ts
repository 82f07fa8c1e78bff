import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { CurrentPasswordWrong, PasswordRejected, UserNotFound } from '../domain/errors.js';
import type { ReauthenticationFailed } from '../domain/password-events.js';
import { PasswordHasher, PasswordPolicy, UserQueries, UserRepository } from './ports.js';

export interface PasswordChange {
  readonly userId: string;
  /** Where it is changed: the one session that goes on. */
  readonly sessionId: string;
  readonly currentPassword: string;
  readonly newPassword: string;
}

/** The slow half, outside of any unit of work. */
@Injectable()
export class PasswordSecrets {
  constructor(
    private readonly queries: UserQueries,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
  ) {}

  /**
   * Checks the present password and hashes the new one. The epoch tells whether it is still the present one later.
   * `null`, and nothing was hashed, when `current` is not the present one.
   */
  async replace(userId: string, current: string, next: string): Promise<{ epoch: number; hash: string } | null> {
    this.hasher.refuseIfBusy();
    const stored = await this.queries.credentialsOfId(userId);
    if (stored === null) throw new UserNotFound();
    if (!(await this.hasher.verify(stored.passwordHash, current))) return null;
    const { email, displayName } = stored.profile;
    const reasons = this.policy.reasonsAgainst(next, { email, displayName });
    if (reasons.length > 0) throw new PasswordRejected(reasons);
    return { epoch: stored.securityEpoch, hash: await this.hasher.hash(next) };
  }
}

/** Gives an account a new password at the wish of somebody who knows the present one. */
@Injectable()
export class ChangePassword {
  constructor(
    private readonly secrets: PasswordSecrets,
    private readonly users: UserRepository,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Throws `UserNotFound`, `CurrentPasswordWrong`, `PasswordRejected`, `Overloaded`. */
  async execute(change: PasswordChange): Promise<void> {
    const { userId, sessionId, currentPassword, newPassword } = change;
    const secrets = await this.secrets.replace(userId, currentPassword, newPassword);
    if (secrets === null) return this.refuse(change, 'wrong_password');
    const { epoch, hash } = secrets;
    const changed = await this.uow.run(async () => {
      const user = await this.users.findForUpdate(userId);
      // Somebody else was faster: what was checked is no longer the password.
      if (user?.state.securityEpoch !== epoch) return false;
      user.changePassword(hash, sessionId, this.clock.now());
      await this.users.save(user);
      return true;
    });
    if (!changed) await this.refuse(change, 'account_changed');
  }

  /** Leaves a trace, as every other place does where a password can be guessed. */
  private async refuse(
    { userId, sessionId }: PasswordChange,
    reason: ReauthenticationFailed['data']['reason'],
  ): Promise<never> {
    const event: ReauthenticationFailed = {
      type: 'session.reauthentication_failed',
      userId,
      occurredAt: this.clock.now(),
      data: { sessionId, reason },
    };
    await this.uow.tell(event);
    throw new CurrentPasswordWrong();
  }
}
