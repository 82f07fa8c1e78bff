import { Injectable } from '@nestjs/common';

import { SecondFactorAccounts } from '#identity';
import { MailQueue } from '#platform/mail';

import { MfaNotices, type MfaNotice } from '../application/ports.js';

@Injectable()
export class QueuedMfaNotices extends MfaNotices {
  constructor(
    private readonly queue: MailQueue,
    private readonly accounts: SecondFactorAccounts,
  ) {
    super();
  }

  async send(notice: MfaNotice, userId: string, data: Readonly<Record<string, string>> = {}): Promise<void> {
    const holder = await this.accounts.find(userId);
    if (holder === null) return;
    await this.queue.enqueue({ template: notice, userId, language: holder.locale, data });
  }
}
