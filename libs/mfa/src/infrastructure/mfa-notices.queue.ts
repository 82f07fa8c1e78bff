import { Injectable } from '@nestjs/common';

import { SecondFactorAccounts } from '#identity';
import { Clock } from '#kernel';
import { MailQueue } from '#platform/mail';

import { MfaNotices, type MfaNotice } from '../application/ports.js';

/** Whoever took the account to an address of their own must not be the only one to hear of these. */
const FOR_FORMER_OWNERS: ReadonlySet<MfaNotice> = new Set<MfaNotice>([
  'mfa_enabled',
  'mfa_totp_removed',
  'mfa_passkey_added',
  'mfa_passkey_removed',
  'mfa_recovery_codes_renewed',
  // Asked for in the owner's name, these take the factor away that keeps a thief out.
  'mfa_reset_requested',
  'mfa_reset_approved',
  'mfa_reset_done',
]);

@Injectable()
export class QueuedMfaNotices extends MfaNotices {
  constructor(
    private readonly queue: MailQueue,
    private readonly accounts: SecondFactorAccounts,
    private readonly clock: Clock,
  ) {
    super();
  }

  async send(notice: MfaNotice, userId: string, data: Readonly<Record<string, string>> = {}): Promise<void> {
    const holder = await this.accounts.find(userId);
    if (holder === null) return;
    const mail = { template: notice, userId, language: holder.locale, data };
    await this.queue.enqueue(mail);
    if (!FOR_FORMER_OWNERS.has(notice)) return;
    for (const address of await this.accounts.formerAddresses(userId, this.clock.now())) {
      await this.queue.enqueue({ ...mail, address });
    }
  }
}
