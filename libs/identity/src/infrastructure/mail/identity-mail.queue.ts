import { Injectable } from '@nestjs/common';

import { MailQueue } from '#platform/mail';

import { IdentityMail } from '../../application/ports.js';
import type { User } from '../../domain/user.js';
import { identityMail } from './identity-mail-data.js';

/** Letters of this context go through the mail queue, in the user's own language. */
@Injectable()
export class QueuedIdentityMail extends IdentityMail {
  constructor(private readonly queue: MailQueue) {
    super();
  }

  async verifyEmail(user: User, token: string): Promise<void> {
    await this.queue.enqueue(identityMail('verify_email', addressee(user), { token }));
  }

  async addressAlreadyRegistered(user: User): Promise<void> {
    await this.queue.enqueue(identityMail('address_already_registered', addressee(user), {}));
  }
}

function addressee({ id, state }: User): { userId: string; language: 'en' | 'ko' } {
  return { userId: id, language: state.profile.locale };
}
