import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';

import { EmailParser, RecoveryRequests } from './ports.js';

/** Notes that somebody wants back into an account. Whether there is one is looked up after they have their answer. */
@Injectable()
export class RequestPasswordReset {
  constructor(
    private readonly emails: EmailParser,
    private readonly requests: RecoveryRequests,
    private readonly uow: UnitOfWork,
  ) {}

  /** Throws `InvalidEmail`. */
  async execute(typedEmail: string): Promise<void> {
    const email = this.emails.parse(typedEmail);
    await this.uow.run(() => this.requests.add(email));
  }
}
