import { Injectable } from '@nestjs/common';

import { MailQueue } from '#platform/mail';

import { IdentityMail, type EmailChangeNotice, type SignUp } from '../application/ports.js';
import type { Email } from '../domain/email.js';
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

  resetPassword(user: User, token: string): Promise<void> {
    return this.queue.enqueue(identityMail('reset_password', recipientOf(user), { token }));
  }

  confirmEmailChange(user: User, to: Email, token: string): Promise<void> {
    const data = { token, account: user.state.email.masked };
    return this.queue.enqueue(identityMail('confirm_email_change', { ...recipientOf(user), address: to.value }, data));
  }

  emailChangeNotice(user: User, before: Email, after: Email, { token, done }: EmailChangeNotice): Promise<void> {
    const to = { ...recipientOf(user), address: before.value };
    const template = done ? 'email_changed' : 'email_change_requested';
    return this.queue.enqueue(identityMail(template, to, { token, address: after.masked }));
  }
}

function recipientOf(user: User): { userId: string; language: 'en' | 'ko' } {
  return { userId: user.id, language: user.state.profile.locale };
}
