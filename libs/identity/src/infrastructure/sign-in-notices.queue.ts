import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';
import { MailQueue } from '#platform/mail';

import { SignInNotices } from '../application/sign-in-attempts.js';
import { UserRepository, type UserProfile } from '../application/ports.js';
import { identityMail } from './mail/identity-mail-data.js';

@Injectable()
export class QueuedSignInNotices extends SignInNotices {
  constructor(
    private readonly queue: MailQueue,
    private readonly users: UserRepository,
    private readonly clock: Clock,
  ) {
    super();
  }

  async succeededAfterFailures({ id, locale }: UserProfile, failures: number): Promise<void> {
    if (!(await this.users.claimNotice(id, this.clock.now()))) return;
    const data = { failures: String(failures) };
    await this.queue.enqueue(identityMail('signed_in_after_failures', { userId: id, language: locale }, data));
  }
}
