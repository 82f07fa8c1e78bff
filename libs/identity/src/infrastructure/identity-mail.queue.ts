import { Injectable } from '@nestjs/common';

import { MailQueue } from '#platform/mail';

import { IdentityMail } from '../application/ports.js';
import type { User } from '../domain/user.js';
import { identityMail } from './mail/identity-mail-data.js';

@Injectable()
export class QueuedIdentityMail extends IdentityMail {
  constructor(private readonly queue: MailQueue) {
    super();
  }

  verifyEmail(user: User, token: string): Promise<void> {
    return this.queue.enqueue(identityMail('verify_email', recipientOf(user), { token }));
  }

  addressAlreadyRegistered(user: User): Promise<void> {
    return this.queue.enqueue(identityMail('address_already_registered', recipientOf(user), {}));
  }
}

function recipientOf(user: User): { userId: string; language: 'en' | 'ko' } {
  return { userId: user.id, language: user.state.profile.locale };
}
