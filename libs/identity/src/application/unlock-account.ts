import { Injectable } from '@nestjs/common';

import type { AccountUnlocked } from '../domain/password-events.js';
import { Transactions } from './change-email.js';
import { UserRepository } from './ports.js';
import { SignInAttempts } from './sign-in-attempts.js';

/** Lets somebody in again whom failed sign-ins keep out, at the wish of an operator who knows that it is them. */
@Injectable()
export class UnlockAccount {
  constructor(
    private readonly users: UserRepository,
    private readonly attempts: SignInAttempts,
    private readonly transactions: Transactions,
  ) {}

  /** `false` when there is no such user. */
  async execute(userId: string): Promise<boolean> {
    const { uow, clock } = this.transactions;
    return uow.run(async () => {
      const user = await this.users.findForUpdate(userId);
      if (user === null) return false;
      const now = clock.now();
      await this.attempts.voidAll(user.state.email, now);
      const event: AccountUnlocked = { type: 'identity.account_unlocked', userId, occurredAt: now, data: {} };
      uow.record(event);
      return true;
    });
  }
}
