import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { EmailVerification } from './email-verification.js';
import { EmailParser, UserRepository } from './ports.js';

/** Mails another token, three times an hour at most. The caller never learns whether there was anything to mail. */
@Injectable()
export class ResendVerification {
  constructor(
    private readonly emails: EmailParser,
    private readonly users: UserRepository,
    private readonly verification: EmailVerification,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async execute(typedEmail: string): Promise<void> {
    const email = this.emails.parse(typedEmail);
    await this.uow.run(async () => {
      const user = await this.users.findByEmailForUpdate(email);
      if (user === null || user.emailVerified) return;
      const now = this.clock.now();
      if (await this.verification.mayIssue(user.id, now)) await this.verification.issueAgain(user, now);
    });
  }
}
