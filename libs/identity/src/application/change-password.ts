import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { CurrentPasswordWrong, LoginThrottled, PasswordRejected, UserNotFound } from '../domain/errors.js';
import type { ReauthenticationFailed } from '../domain/password-events.js';
import { PasswordAttempts } from './password-attempts.js';
import { PasswordHasher, PasswordPolicy, UserRepository } from './ports.js';
import type { ThrottledAttempt } from './sign-in-attempts.js';

type Reason = ReauthenticationFailed['data']['reason'];

export interface PasswordChange {
  readonly userId: string;
  /** Where it is changed: the one session that goes on. */
  readonly sessionId: string;
  /** The client's address. */
  readonly source: string | null;
  readonly currentPassword: string;
  readonly newPassword: string;
}

export type Replacement =
  | { readonly outcome: 'hashed'; readonly epoch: number; readonly hash: string }
  | { readonly outcome: 'wrong' }
  | ThrottledAttempt;

/** The slow half, outside of any unit of work. */
@Injectable()
export class PasswordSecrets {
  constructor(
    private readonly attempts: PasswordAttempts,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
  ) {}

  /**
   * Checks the present password and hashes the new one. The epoch tells whether it is still the present one later.
   * Nothing was hashed when there is no hash.
   */
  async replace({ currentPassword, newPassword, ...session }: PasswordChange): Promise<Replacement> {
    const verdict = await this.attempts.inSession(session, currentPassword);
    if (verdict.outcome === 'throttled') return verdict;
    if (verdict.outcome === 'rejected' && verdict.reason === 'unknown_address') throw new UserNotFound();
    if (verdict.outcome !== 'accepted') return { outcome: 'wrong' };
    const { email, displayName } = verdict.profile;
    const reasons = this.policy.reasonsAgainst(newPassword, { email, displayName });
    if (reasons.length > 0) throw new PasswordRejected(reasons);
    return { outcome: 'hashed', epoch: verdict.securityEpoch, hash: await this.hasher.hash(newPassword) };
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

  /** Throws `UserNotFound`, `CurrentPasswordWrong`, `LoginThrottled`, `PasswordRejected`, `Overloaded`. */
  async execute(change: PasswordChange): Promise<void> {
    const { userId, sessionId } = change;
    const secrets = await this.secrets.replace(change);
    if (secrets.outcome === 'throttled') {
      await this.tellRefusal(change, 'throttled');
      throw new LoginThrottled(secrets.retryAfterSeconds);
    }
    if (secrets.outcome === 'wrong') return this.refuse(change, 'wrong_password');
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

  private async refuse(change: PasswordChange, reason: Reason): Promise<never> {
    await this.tellRefusal(change, reason);
    throw new CurrentPasswordWrong();
  }

  /** Leaves a trace, as every other place does where a password can be guessed. */
  private tellRefusal({ userId, sessionId }: PasswordChange, reason: Reason): Promise<void> {
    const event: ReauthenticationFailed = {
      type: 'session.reauthentication_failed',
      userId,
      occurredAt: this.clock.now(),
      data: { sessionId, reason },
    };
    return this.uow.tell(event);
  }
}
