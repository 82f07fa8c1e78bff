import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { CurrentPasswordWrong, PasswordRejected, UserNotFound } from '../domain/errors.js';
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

  /** Checks the present password and hashes the new one. The epoch tells whether it is still the present one later. */
  async replace(userId: string, current: string, next: string): Promise<{ epoch: number; hash: string }> {
    this.hasher.refuseIfBusy();
    const stored = await this.queries.credentialsOfId(userId);
    if (stored === null) throw new UserNotFound();
    if (!(await this.hasher.verify(stored.passwordHash, current))) throw new CurrentPasswordWrong();
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
  async execute({ userId, sessionId, currentPassword, newPassword }: PasswordChange): Promise<void> {
    const { epoch, hash } = await this.secrets.replace(userId, currentPassword, newPassword);
    const changed = await this.uow.run(async () => {
      const user = await this.users.findForUpdate(userId);
      // Somebody else was faster: what was checked is no longer the password.
      if (user?.state.securityEpoch !== epoch) return false;
      user.changePassword(hash, sessionId, this.clock.now());
      await this.users.save(user);
      return true;
    });
    if (!changed) throw new CurrentPasswordWrong();
  }
}
