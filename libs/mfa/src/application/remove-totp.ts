import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { TotpRemoved } from '../domain/events.js';
import type { InSession } from '../domain/in-session.js';
import { FactorDuty } from './enable-factor.js';
import { MfaNotices, TotpFactors } from './ports.js';

/** Gives up an authenticator app, or the secret that waits to become one. */
@Injectable()
export class RemoveTotp {
  constructor(
    private readonly factors: TotpFactors,
    private readonly duty: FactorDuty,
    private readonly notices: MfaNotices,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** `false` when there was none. */
  async execute({ userId, sessionId }: InSession): Promise<boolean> {
    return this.uow.run(async () => {
      const now = this.clock.now();
      await this.duty.lock(userId);
      const removed = await this.factors.remove(userId);
      if (removed === 'none') return false;
      const event: TotpRemoved = { type: 'mfa.totp_removed', userId, occurredAt: now, data: { sessionId } };
      this.uow.record(event);
      if (removed === 'proposed') return true;
      await this.duty.removed(userId, now);
      await this.notices.send('mfa_totp_removed', userId, { at: now.toISOString() });
      return true;
    });
  }
}
