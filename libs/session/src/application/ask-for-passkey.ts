import { Injectable } from '@nestjs/common';

import { MfaTokenExpired } from '../domain/errors.js';
import type { SessionOwner } from './password-check.js';
import { SecondFactors } from './second-factor.js';

type Options = Readonly<Record<string, unknown>>;

/** What a browser is asked with for a passkey of somebody who is known already. */
@Injectable()
export class AskForPasskey {
  constructor(private readonly secondFactors: SecondFactors) {}

  /** As the second step of a sign-in. Throws `MfaTokenExpired`. */
  async inSignIn(mfaToken: string, userAgent: string | null): Promise<Options> {
    const half = await this.secondFactors.resume(mfaToken, userAgent);
    if (half === null) throw new MfaTokenExpired();
    const { userId, challengeId: bond } = half;
    return this.secondFactors.passkeyOptions({ userId, purpose: 'sign_in', bond });
  }

  /** As a fresh proof within a session. */
  inSession({ userId, sessionId: bond }: Pick<SessionOwner, 'userId' | 'sessionId'>): Promise<Options> {
    return this.secondFactors.passkeyOptions({ userId, purpose: 'step_up', bond });
  }
}
