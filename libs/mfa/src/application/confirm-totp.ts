import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { EnrolmentCodeInvalid, EnrolmentMissing, MfaAlreadyEnabled, MfaThrottled } from '../domain/errors.js';
import type { ChallengeFailed, TotpConfirmed } from '../domain/events.js';
import { judgeCode } from '../domain/totp.js';
import { FactorDuty } from './enable-factor.js';
import { MfaAttempts, RecoveryCodes, TotpCodes, TotpFactors } from './ports.js';
import { RecoveryCodeSets } from './recovery-code-set.js';

/** For how long a secret waits for its first code. */
const PROPOSAL_MINUTES = 15;

export interface TotpConfirmation {
  readonly userId: string;
  /** Where it is confirmed: the session that goes on when all others end. */
  readonly sessionId: string;
  readonly code: string;
}

/** What waits to be confirmed, looked at with the first code of it. */
@Injectable()
export class TotpProposals {
  constructor(
    private readonly factors: TotpFactors,
    private readonly codes: TotpCodes,
    private readonly attempts: MfaAttempts,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Throws `MfaThrottled`, `MfaAlreadyEnabled`, `EnrolmentMissing`, `EnrolmentCodeInvalid`. */
  async match(userId: string, code: string): Promise<{ readonly id: string; readonly step: number }> {
    const now = this.clock.now();
    const counter = { userId, purpose: 'enrolment' } as const;
    const reserved = await this.attempts.reserve(counter, now);
    if (!reserved.granted) throw new MfaThrottled(reserved.retryAfterSeconds);
    const factor = await this.factors.proposed(userId, new Date(now.getTime() - PROPOSAL_MINUTES * 60_000));
    if (factor === null) {
      await this.uow.run(() => this.attempts.release(counter, reserved.at));
      throw (await this.factors.confirmed(userId)) === null ? new EnrolmentMissing() : new MfaAlreadyEnabled();
    }
    const verdict = judgeCode(code, null, now, (step, typed) => this.codes.matches(factor.secret, step, typed));
    if (verdict.outcome !== 'right') {
      const data = { purpose: 'enrolment', method: 'totp', reason: 'wrong_code' } as const;
      const event: ChallengeFailed = { type: 'mfa.challenge_failed', userId, occurredAt: now, data };
      await this.uow.tell(event);
      throw new EnrolmentCodeInvalid();
    }
    await this.uow.run(() => this.attempts.release(counter, reserved.at));
    return { id: factor.id, step: verdict.step };
  }

  /** Inside of a unit of work. */
  confirm({ id, step }: { readonly id: string; readonly step: number }, now: Date): Promise<boolean> {
    return this.factors.confirm(id, step, now);
  }
}

/** The first code of an authenticator app came back: from now on a second factor is due. */
@Injectable()
export class ConfirmTotp {
  constructor(
    private readonly proposals: TotpProposals,
    private readonly sets: RecoveryCodeSets,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly duty: FactorDuty,
    private readonly uow: UnitOfWork,
  ) {}

  /**
   * Returns the recovery codes, which nobody can be shown again.
   *
   * Throws `MfaThrottled`, `MfaAlreadyEnabled`, `EnrolmentMissing`, `EnrolmentCodeInvalid`, `Overloaded`.
   */
  async execute({ userId, sessionId, code }: TotpConfirmation, now: Date): Promise<readonly string[]> {
    const match = await this.proposals.match(userId, code);
    const codes = await this.sets.make();
    await this.uow.run(async () => {
      const before = await this.duty.lock(userId);
      // Confirmed, replaced or removed meanwhile.
      if (!(await this.proposals.confirm(match, now))) throw new EnrolmentMissing();
      await this.recoveryCodes.replace(userId, codes.hashed, now);
      const securityEpoch = await this.duty.added(userId, before, now);
      const data = { sessionId, securityEpoch };
      const event: TotpConfirmed = { type: 'mfa.totp_confirmed', userId, occurredAt: now, data };
      this.uow.record(event);
    });
    return codes.shown;
  }
}
