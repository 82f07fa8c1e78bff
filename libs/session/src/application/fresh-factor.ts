import { Injectable } from '@nestjs/common';

import { assuranceOf, withSecondFactor, type Assurance } from '../domain/assurance.js';
import { MfaLocked } from '../domain/errors.js';
import type { SignedInUser } from './ports.js';
import { SecondFactors, type SecondFactorProof } from './second-factor.js';

/** What a session will be able to say of itself, and what has to be used up for it. */
export interface FreshFactor {
  readonly assurance: Assurance;
  /** Inside of a unit of work that holds the account, which has to commit whatever the answer. */
  readonly accept: () => Promise<boolean>;
}

/** The second half of a fresh proof: the password alone is not enough for whoever has a second factor. */
@Injectable()
export class ProveFreshFactor {
  constructor(private readonly secondFactors: SecondFactors) {}

  /** `null` when a second factor is due, and none or a wrong one came. Throws `MfaLocked`, `Overloaded`. */
  async execute(user: SignedInUser, code: string | undefined): Promise<FreshFactor | null> {
    if (!user.mfaEnabled) return { assurance: assuranceOf(['pwd']), accept: () => Promise.resolve(true) };
    if (code === undefined) {
      await this.secondFactors.noteMissing(user.id);
      return null;
    }
    const verdict = await this.secondFactors.check({ userId: user.id, challengeId: null, proof: proofOf(code) });
    if (verdict.outcome === 'locked') throw new MfaLocked(verdict.retryAfterSeconds);
    if (verdict.outcome === 'refused') return null;
    return { assurance: withSecondFactor(verdict.amr), accept: verdict.accept };
  }
}

/** Codes of apps are six digits, and those on paper are longer. */
function proofOf(code: string): SecondFactorProof {
  const method = /^[\d ]+$/.test(code) && code.replaceAll(' ', '').length <= 8 ? 'totp' : 'recovery_code';
  return { method, code };
}
