import { Injectable } from '@nestjs/common';

import { IdentityApi } from '#identity';
import { MailQueue } from '#platform/mail';

import { SessionNotices, type SignedInUser } from '../application/ports.js';
import type { Session } from '../domain/session.js';
import type { SessionTemplate } from './session-mail-templates.js';

@Injectable()
export class QueuedSessionNotices extends SessionNotices {
  constructor(
    private readonly queue: MailQueue,
    private readonly identity: IdentityApi,
  ) {
    super();
  }

  evicted(user: SignedInUser, session: Session): Promise<void> {
    return this.enqueue('session_evicted', user.locale, session);
  }

  async refreshReused(session: Session): Promise<void> {
    const account = await this.identity.activeAccount(session.state.userId, session.state.epoch);
    if (account !== null) await this.enqueue('session_refresh_reused', account.locale, session);
  }

  private enqueue(template: SessionTemplate, language: 'en' | 'ko', { state }: Session): Promise<void> {
    const { userId, deviceName, userAgent, createdAt } = state;
    const data = { device: deviceName ?? userAgent ?? '', since: createdAt.toISOString() };
    return this.queue.enqueue({ template, userId, language, data });
  }
}
