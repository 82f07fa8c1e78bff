import { Injectable } from '@nestjs/common';

import { MailQueue } from '#platform/mail';

import { IdentityMail, type SignUp } from '../application/ports.js';
import type { User } from '../domain/user.js';
import { identityMail } from './mail/identity-mail-data.js';

@Injectable()
export class QueuedIdentityMail extends IdentityMail {
  constructor(private readonly queue: MailQueue) {
    super();
  }

  verifyEmail(user: User, token: string, { locale, signedUpAt }: SignUp): Promise<void> {
    const to = { userId: user.id, language: locale };
    return this.queue.enqueue(identityMail('verify_email', to, { token, signedUpAt: signedUpAt.toISOString() }));
  }

  addressAlreadyRegistered(user: User): Promise<void> {
    return this.queue.enqueue(identityMail('address_already_registered', recipientOf(user), {}));
  }
}

function recipientOf(user: User): { userId: string; language: 'en' | 'ko' } {
  return { userId: user.id, language: user.state.profile.locale };
}
