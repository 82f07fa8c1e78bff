import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { OneTimeTokenInvalid } from '../domain/errors.js';
import { OneTimeTokens, UserRepository } from './ports.js';

/** The mailed token came back: the address belongs to whoever registered it last. */
@Injectable()
export class VerifyEmail {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly users: UserRepository,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Throws `OneTimeTokenInvalid`. */
  async execute(token: string): Promise<void> {
    const verified = await this.uow.run(async () => {
      const now = this.clock.now();
      const spent = await this.tokens.consume(token, 'email_verification', now);
      if (spent === null) return false;
      const user = await this.users.findForUpdate(spent.userId);
      if (user?.state.securityEpoch !== spent.securityEpoch) return false;
      user.verifyEmail(now);
      await this.users.save(user);
      return true;
    });
    if (!verified) throw new OneTimeTokenInvalid();
  }
}
