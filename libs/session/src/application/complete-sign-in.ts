import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { withSecondFactor } from '../domain/assurance.js';
import { MfaInvalid, MfaLocked, MfaTokenExpired } from '../domain/errors.js';
import type { LoginFailed } from '../domain/events.js';
import { CredentialVerifier, type SignedInUser } from './ports.js';
import { SecondFactors, type HalfSignedIn, type SecondFactorProof, type SecondFactorVerdict } from './second-factor.js';
import type { Client } from './session-factory.js';
import { SessionOpener, type OpenedSession } from './session-opener.js';

export interface SecondStep {
  readonly mfaToken: string;
  readonly proof: SecondFactorProof;
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** What the client was given when it signed in earlier, as it says. */
  readonly deviceToken: string | null;
  /** Not to be asked for a second factor on this device for a while. */
  readonly rememberDevice: boolean;
}

/** Opens the session of whoever proved the password before, and proves a second factor now. */
@Injectable()
export class CompleteSignIn {
  constructor(
    private readonly credentials: CredentialVerifier,
    private readonly secondFactors: SecondFactors,
    private readonly opener: SessionOpener,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Throws `MfaTokenExpired`, `MfaInvalid`, `MfaLocked`, `Overloaded`. */
  async execute(step: SecondStep): Promise<OpenedSession> {
    const half = await this.secondFactors.resume(step.mfaToken, step.userAgent);
    if (half === null) throw new MfaTokenExpired();
    const user = await this.credentials.current(half.userId, half.securityEpoch);
    if (user === null) return this.accountChanged(half.userId);
    const { challengeId, userId } = half;
    const verdict = await this.secondFactors.check({
      userId,
      purpose: 'sign_in',
      bond: challengeId,
      proof: step.proof,
    });
    if (verdict.outcome === 'locked') throw new MfaLocked(verdict.retryAfterSeconds);
    if (verdict.outcome === 'refused') throw new MfaInvalid();
    return this.open(user, half, step, verdict);
  }

  private async open(
    user: SignedInUser,
    { challengeId, deviceName, rememberMe }: HalfSignedIn,
    step: SecondStep,
    { amr, accept }: Extract<SecondFactorVerdict, { outcome: 'right' }>,
  ): Promise<OpenedSession> {
    const proof = { isUsed: false };
    const { ip, userAgent, deviceToken } = step;
    const client: Client = { deviceName, rememberMe, ip, userAgent, deviceToken };
    const tokens = await this.opener.open(user, client, withSecondFactor(amr).amr, this.clock.now(), {
      admits: async () => {
        proof.isUsed = !(await accept());
        // Takes the proof back with everything else: whoever met the challenge before has the session.
        if (!proof.isUsed && !(await this.secondFactors.close(challengeId))) throw new MfaTokenExpired();
        return !proof.isUsed;
      },
      // While the account is held: no change of its factors, which ends all trust, comes between.
      begun: (token) => this.remember(step, user, token, deviceName ?? userAgent),
    });
    if (tokens !== null) return tokens;
    if (proof.isUsed) throw new MfaInvalid();
    return this.accountChanged(user.id);
  }

  private async remember(
    { rememberDevice, proof }: SecondStep,
    { id: userId, securityEpoch }: SignedInUser,
    deviceToken: string,
    name: string | null,
  ): Promise<void> {
    // Who needs a code on paper has lost a device, and need not be where they usually are.
    if (!rememberDevice || proof.method === 'recovery_code') return;
    await this.secondFactors.trust({ userId, securityEpoch, deviceToken }, name);
  }

  /** Its owner, or an operator, was faster: what was proven before counts no longer. */
  private async accountChanged(userId: string): Promise<never> {
    const occurredAt = this.clock.now();
    const event: LoginFailed = {
      type: 'session.login_failed',
      userId,
      occurredAt,
      data: { reason: 'account_changed' },
    };
    await this.uow.tell(event);
    throw new MfaTokenExpired();
  }
}
