import { Injectable } from '@nestjs/common';

import { assuranceOf, withSecondFactor, type Assurance, type AuthenticationMethod } from '../domain/assurance.js';
import { MfaLocked } from '../domain/errors.js';
import { PasskeyCheck } from './passkey-check.js';
import type { SessionOwner } from './password-check.js';
import type { SignedInUser } from './ports.js';
import { SecondFactors, type SecondFactorProof, type SecondFactorVerdict } from './second-factor.js';

/** Of a second factor: a code, or the answer of a passkey. */
export interface SentFactor {
  readonly code?: string | undefined;
  readonly credential?: unknown;
}

type SentInSession = SentFactor & Pick<SessionOwner, 'sessionId'>;

/** What a session will be able to say of itself, and what has to be used up for it. */
export interface FreshFactor {
  readonly assurance: Assurance;
  /** Inside of a unit of work that holds the account, which has to commit whatever the answer. */
  readonly accept: () => Promise<boolean>;
}

/** The second half of a fresh proof: the password alone is not enough for whoever has a second factor. */
@Injectable()
export class ProveFreshFactor {
  constructor(
    private readonly secondFactors: SecondFactors,
    private readonly passkeys: PasskeyCheck,
  ) {}

  /** `null` when a second factor is due, and none or a wrong one came. Throws `MfaLocked`, `Overloaded`. */
  async execute(user: SignedInUser, { sessionId, ...sent }: SentInSession): Promise<FreshFactor | null> {
    if (!user.mfaEnabled) return { assurance: assuranceOf(['pwd']), accept: () => Promise.resolve(true) };
    const proof = proofOf(sent);
    if (proof === null) {
      await this.secondFactors.noteMissing(user.id);
      return null;
    }
    const verdict = await this.check(user.id, sessionId, proof);
    return verdict && { assurance: withSecondFactor(verdict.amr), accept: verdict.accept };
  }

  /** A passkey alone, which is two factors by itself. `null` when it is none of this user. Throws `MfaLocked`. */
  async passkey({ userId, sessionId, credential }: SentInSession & Pick<SessionOwner, 'userId'>): Promise<{
    readonly user: SignedInUser;
    readonly factor: FreshFactor;
  } | null> {
    const user = await this.passkeys.account(userId);
    const verdict = user && (await this.check(userId, sessionId, { method: 'passkey', credential }));
    if (user === null || verdict === null) return null;
    const amr = [...verdict.amr, 'mfa'] as readonly AuthenticationMethod[];
    return { user, factor: { assurance: assuranceOf(amr), accept: verdict.accept } };
  }

  private async check(
    userId: string,
    bond: string,
    proof: SecondFactorProof,
  ): Promise<Extract<SecondFactorVerdict, { outcome: 'right' }> | null> {
    const verdict = await this.secondFactors.check({ userId, purpose: 'step_up', bond, proof });
    if (verdict.outcome === 'locked') throw new MfaLocked(verdict.retryAfterSeconds);
    return verdict.outcome === 'right' ? verdict : null;
  }
}

/** Codes of apps are six digits, and those on paper are longer. */
function proofOf({ code, credential }: SentFactor): SecondFactorProof | null {
  if (credential !== undefined) return { method: 'passkey', credential };
  if (code === undefined) return null;
  const method = /^[\d ]+$/.test(code) && code.replaceAll(' ', '').length <= 8 ? 'totp' : 'recovery_code';
  return { method, code };
}
