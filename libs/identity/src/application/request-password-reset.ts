import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { EmailParser, RecoveryBudget, RecoveryRequests } from './ports.js';

/**
 * Notes that somebody wants back into an account. Whether there is one is looked up after they have their answer; what
 * their source may ask for is used up before, or what is left of it would tell them.
 */
@Injectable()
export class RequestPasswordReset {
  constructor(
    private readonly emails: EmailParser,
    private readonly requests: RecoveryRequests,
    private readonly budget: RecoveryBudget,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Throws `InvalidEmail`. */
  async execute(typedEmail: string): Promise<void> {
    const email = this.emails.parse(typedEmail);
    await this.uow.run(async () => {
      if (await this.budget.claim(this.clock.now())) await this.requests.add(email);
    });
  }
}
