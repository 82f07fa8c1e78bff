import { Injectable } from '@nestjs/common';

import type { PasskeyPurpose } from './passkey-ports.js';
import { FactorMethod, type FactorClaim, type FactorVerdict } from './ports.js';
import { passkeyAmr, ReadPasskeyProof, SpendPasskeyProof } from './prove-passkey.js';
import type { PresentedCredential } from './web-authn.js';

/** The answer of an authenticator to a challenge that was made for this very proof. */
@Injectable()
export class PasskeyMethod extends FactorMethod {
  readonly name = 'passkey';

  constructor(
    private readonly read: ReadPasskeyProof,
    private readonly spend: SpendPasskeyProof,
  ) {
    super();
  }

  async verify({ userId, challengeId, proof: { credential } }: FactorClaim): Promise<FactorVerdict> {
    if (!isPresented(credential)) return { outcome: 'refused', reason: 'wrong_code' };
    const signed = await this.read.execute(credential, userId);
    if ('refused' in signed) {
      return { outcome: 'refused', reason: signed.refused === 'unknown' ? 'no_such_factor' : 'wrong_code' };
    }
    const purpose = purposeOf(userId, challengeId);
    const accept = async (): Promise<boolean> => (await this.spend.execute(signed, purpose)) === 'accepted';
    return { outcome: 'right', amr: passkeyAmr(signed.assertion), accept };
  }
}

/** What a passkey proves beside something else: in a challenge of a sign-in, or in a session (`null`). */
export function purposeOf(userId: string, challengeId: string | null): Exclude<PasskeyPurpose, { userId: null }> {
  if (challengeId === null) return { name: 'step_up', userId, bond: null };
  return { name: 'second_factor', userId, bond: challengeId };
}

function isPresented(value: unknown): value is PresentedCredential {
  if (typeof value !== 'object' || value === null) return false;
  const { id, response } = value as { readonly id?: unknown; readonly response?: unknown };
  return typeof id === 'string' && typeof response === 'object' && response !== null;
}
