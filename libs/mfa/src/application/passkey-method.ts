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

  async verify(claim: FactorClaim): Promise<FactorVerdict> {
    const { userId, proof } = claim;
    const { credential } = proof;
    if (!isPresented(credential)) return { outcome: 'refused', reason: 'wrong_code' };
    const signed = await this.read.execute(credential, userId);
    if ('refused' in signed) {
      return { outcome: 'refused', reason: signed.refused === 'unknown' ? 'no_such_factor' : 'wrong_code' };
    }
    const purpose = purposeOf(claim);
    const accept = async (): Promise<boolean> => (await this.spend.execute(signed, purpose)) === 'accepted';
    return { outcome: 'right', amr: passkeyAmr(signed.assertion), accept };
  }
}

/** What a passkey proves beside something else: in a challenge of a sign-in, or in a session. */
export function purposeOf({
  userId,
  purpose,
  bond,
}: Pick<FactorClaim, 'userId' | 'purpose' | 'bond'>): Exclude<PasskeyPurpose, { userId: null }> {
  return { name: purpose === 'sign_in' ? 'second_factor' : 'step_up', userId, bond };
}

function isPresented(value: unknown): value is PresentedCredential {
  if (typeof value !== 'object' || value === null) return false;
  const { id, response } = value as { readonly id?: unknown; readonly response?: unknown };
  return typeof id === 'string' && typeof response === 'object' && response !== null;
}
