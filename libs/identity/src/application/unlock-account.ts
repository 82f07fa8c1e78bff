import { Injectable } from '@nestjs/common';

import type { AccountUnlocked } from '../domain/password-events.js';
import { Transactions } from './change-email.js';
import { UserRepository } from './ports.js';
import { SignInAttempts, type VoidedFailures } from './sign-in-attempts.js';

/** Lets somebody in again whom failed sign-ins keep out, at the wish of an operator who knows that it is them. */
@Injectable()
export class UnlockAccount {
  constructor(
    private readonly users: UserRepository,
    private readonly attempts: SignInAttempts,
    private readonly transactions: Transactions,
  ) {}

  /**
   * What it has forgotten of the address; `null` when there is no such user. It is told of in any case: what was counted on
   * devices and at places of the owner is forgotten as well, and nobody knows how much that was.
   */
  async execute(userId: string): Promise<VoidedFailures | null> {
    const { uow, clock } = this.transactions;
    return uow.run(async () => {
      const user = await this.users.findForUpdate(userId);
      if (user === null) return null;
      const now = clock.now();
      const voided = await this.attempts.voidAll(user.state, now);
      const event: AccountUnlocked = { type: 'identity.account_unlocked', userId, occurredAt: now, data: {} };
      uow.record(event);
      return voided;
    });
  }
}
