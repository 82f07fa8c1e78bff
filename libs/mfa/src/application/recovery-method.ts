import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';

import type { RecoveryCodeUsed } from '../domain/events.js';
import { readRecoveryCode } from '../domain/recovery-code.js';
import {
  FactorMethod,
  MfaNotices,
  RecoveryCodeHasher,
  RecoveryCodes,
  type FactorClaim,
  type FactorVerdict,
  type HashedRecoveryCode,
} from './ports.js';

/** Codes on paper, for whoever has lost the other factors. */
@Injectable()
export class RecoveryCodeMethod extends FactorMethod {
  readonly name = 'recovery_code';

  constructor(
    private readonly codes: RecoveryCodes,
    private readonly hasher: RecoveryCodeHasher,
    private readonly notices: MfaNotices,
    private readonly uow: UnitOfWork,
  ) {
    super();
  }

  async verify({ userId, proof, now }: FactorClaim): Promise<FactorVerdict> {
    const code = readRecoveryCode(proof.code ?? '');
    const stored = code && (await this.codes.find(userId, code.selector));
    if (code === null || stored === null) return { outcome: 'refused', reason: 'wrong_code' };
    if (!(await this.hasher.verify(stored.hash, code.text))) return { outcome: 'refused', reason: 'wrong_code' };
    if (stored.used) return { outcome: 'refused', reason: 'used_code' };
    const { selector } = code;
    return { outcome: 'right', amr: ['otp'], accept: () => this.spend(userId, { selector, hash: stored.hash }, now) };
  }

  private async spend(userId: string, code: HashedRecoveryCode, now: Date): Promise<boolean> {
    const left = await this.codes.spend(userId, code, now);
    if (left === null) return false;
    const event: RecoveryCodeUsed = { type: 'mfa.recovery_code_used', userId, occurredAt: now, data: { left } };
    this.uow.record(event);
    await this.notices.send('mfa_recovery_code_used', userId, { left: String(left), at: now.toISOString() });
    return true;
  }
}
