import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';

import type { PasskeyRemoved, TotpRemoved } from '../domain/events.js';
import { FactorDuty } from './enable-factor.js';
import { MfaFactors, MfaNotices } from './ports.js';

/** Takes away what somebody may have added who was not the owner of the account then. */
@Injectable()
export class DropRecentFactors {
  constructor(
    private readonly factors: MfaFactors,
    private readonly duty: FactorDuty,
    private readonly notices: MfaNotices,
    private readonly uow: UnitOfWork,
  ) {}

  /** Factors, recovery codes and everything begun since then; what was there before stays. */
  async execute(userId: string, since: Date, now: Date): Promise<void> {
    await this.uow.run(async () => {
      await this.duty.lock(userId);
      const removed = await this.factors.removeSince(userId, since);
      if (removed.length === 0) return;
      for (const { id: passkeyId, method } of removed) {
        const event: TotpRemoved | PasskeyRemoved =
          method === 'totp'
            ? { type: 'mfa.totp_removed', userId, occurredAt: now, data: { sessionId: null } }
            : { type: 'mfa.passkey_removed', userId, occurredAt: now, data: { passkeyId, sessionId: null } };
        this.uow.record(event);
      }
      await this.duty.removed(userId, now);
      await this.notices.send('mfa_recent_removed', userId, { at: now.toISOString() });
    });
  }
}
