import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';

import { MfaNotEnabled } from '../domain/errors.js';
import type { RecoveryCodesRegenerated } from '../domain/events.js';
import type { InSession } from '../domain/in-session.js';
import { FactorDuty } from './enable-factor.js';
import { MfaNotices, RecoveryCodes } from './ports.js';
import { RecoveryCodeSets } from './recovery-code-set.js';

/** A new set of recovery codes in place of the one from before. */
@Injectable()
export class RenewRecoveryCodes {
  constructor(
    private readonly sets: RecoveryCodeSets,
    private readonly codes: RecoveryCodes,
    private readonly duty: FactorDuty,
    private readonly notices: MfaNotices,
    private readonly uow: UnitOfWork,
  ) {}

  /** Throws `MfaNotEnabled`, `Overloaded`. */
  async execute({ userId, sessionId }: InSession, now: Date): Promise<readonly string[]> {
    const set = await this.sets.make();
    const event: RecoveryCodesRegenerated = {
      type: 'mfa.recovery_codes_regenerated',
      userId,
      occurredAt: now,
      data: { sessionId },
    };
    await this.uow.run(async () => {
      const { isDue } = await this.duty.lock(userId);
      if (!isDue) throw new MfaNotEnabled();
      await this.codes.replace(userId, set.hashed, now);
      this.uow.record(event);
      await this.notices.send('mfa_recovery_codes_renewed', userId, { at: now.toISOString() });
    });
    return set.shown;
  }
}
