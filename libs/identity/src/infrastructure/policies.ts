import { Injectable, type OnModuleInit } from '@nestjs/common';

import { MailQueue } from '#platform/mail';
import { EventReactions } from '#platform/persistence';

import { UserQueries } from '../application/ports.js';
import type { PasswordChanged } from '../domain/events.js';
import type { PasswordReset } from '../domain/recovery-events.js';
import { identityMail } from './mail/identity-mail-data.js';

/** Whom identity tells about its own events, in the transaction in which those happen. */
@Injectable()
export class IdentityPolicies implements OnModuleInit {
  constructor(
    private readonly reactions: EventReactions,
    private readonly queries: UserQueries,
    private readonly queue: MailQueue,
  ) {}

  onModuleInit(): void {
    this.reactions.on<PasswordChanged>('identity.password_changed', ({ userId }) => this.tellOfPassword(userId));
    this.reactions.on<PasswordReset>('identity.password_reset', ({ userId }) => this.tellOfPassword(userId));
  }

  private async tellOfPassword(userId: string | null): Promise<void> {
    const profile = userId === null ? null : await this.queries.profileOf(userId);
    if (profile === null) return;
    const to = { userId: profile.id, language: profile.locale };
    await this.queue.enqueue(identityMail('password_changed', to, {}));
  }
}
