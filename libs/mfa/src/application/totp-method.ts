import { Injectable } from '@nestjs/common';

import { judgeCode } from '../domain/totp.js';
import { FactorMethod, TotpCodes, TotpFactors, type FactorClaim, type FactorVerdict } from './ports.js';

/** Codes of an authenticator app (RFC 6238). */
@Injectable()
export class TotpMethod extends FactorMethod {
  readonly name = 'totp';

  constructor(
    private readonly factors: TotpFactors,
    private readonly codes: TotpCodes,
  ) {
    super();
  }

  async verify({ userId, proof, now }: FactorClaim): Promise<FactorVerdict> {
    const factor = await this.factors.confirmed(userId);
    if (factor === null) return { outcome: 'refused', reason: 'no_such_factor' };
    const verdict = judgeCode(proof.code ?? '', factor.lastStep, now, (step, code) =>
      this.codes.matches(factor.secret, step, code),
    );
    if (verdict.outcome !== 'right') {
      return { outcome: 'refused', reason: verdict.outcome === 'used' ? 'used_code' : 'wrong_code' };
    }
    return { outcome: 'right', amr: ['otp'], accept: () => this.factors.spend(factor.id, verdict.step, now) };
  }
}
