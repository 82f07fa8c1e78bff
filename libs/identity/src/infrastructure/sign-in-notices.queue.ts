import { Injectable } from '@nestjs/common';

import { MailQueue } from '#platform/mail';

import { SignInNotices } from '../application/sign-in-attempts.js';
import type { UserProfile } from '../application/ports.js';
import { identityMail } from './mail/identity-mail-data.js';

@Injectable()
export class QueuedSignInNotices extends SignInNotices {
  constructor(private readonly queue: MailQueue) {
    super();
  }

  async succeededAfterFailures({ id, locale }: UserProfile, failures: number): Promise<void> {
    const data = { failures: String(failures) };
    await this.queue.enqueue(identityMail('signed_in_after_failures', { userId: id, language: locale }, data));
  }
}
