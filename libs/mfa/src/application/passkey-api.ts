import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';

import type { ProofRejection } from '../domain/events.js';
import { BeginPasskey } from './begin-passkey.js';
import { ProofTraces } from './check-proof.js';
import { purposeOf } from './passkey-method.js';
import type { FactorClaim } from './ports.js';
import { passkeyAmr, ReadPasskeyProof, SpendPasskeyProof, type PasskeyRefusal } from './prove-passkey.js';
import type { CeremonyOptions, PresentedCredential } from './web-authn.js';

export type PasskeyProof =
  /** `amr`: RFC 8176; a passkey is two factors by itself. */
  | { readonly outcome: 'proven'; readonly userId: string; readonly amr: readonly string[] }
  /** `userId`: whose passkey it is, when that is known; who sent it may be somebody else. */
  | { readonly outcome: 'refused'; readonly userId: string | null; readonly reason: PasskeyRefusal };

/** As they are called for the other kinds of factor. */
const OUTCOMES = {
  unknown: 'no_such_factor',
  signature: 'wrong_code',
  challenge: 'used_code',
  counter_regressed: 'used_code',
} as const satisfies Record<PasskeyRefusal, ProofRejection>;

const PROOF = { purpose: 'sign_in', proof: { method: 'passkey' } } as const;

/** The door through which other contexts ask for a passkey as the only step: it has both factors in it. */
@Injectable()
export class PasskeyApi {
  constructor(
    private readonly begin: BeginPasskey,
    private readonly read: ReadPasskeyProof,
    private readonly spend: SpendPasskeyProof,
    private readonly uow: UnitOfWork,
    private readonly traces: ProofTraces,
  ) {}

  /** What a browser is asked with; the same for everybody. */
  signInOptions(): Promise<CeremonyOptions> {
    return this.begin.signIn();
  }

  /** For a user who is known by something else: in a challenge of a sign-in, or in a session. */
  proofOptions(asked: Pick<FactorClaim, 'userId' | 'purpose' | 'bond'>): Promise<CeremonyOptions> {
    return this.begin.proof(purposeOf(asked));
  }

  /** Never inside of a unit of work. Throws `DecryptionFailed`. */
  async signIn(credential: PresentedCredential): Promise<PasskeyProof> {
    const signed = await this.read.execute(credential, null);
    if ('refused' in signed) return this.refuse(signed.userId, signed.refused);
    const { userId } = signed;
    const amr = [...passkeyAmr(signed.assertion), 'mfa'];
    const purpose = { name: 'sign_in', userId: null, bond: null } as const;
    const reason = await this.uow.run(async () => {
      const verdict = await this.spend.execute(signed, purpose);
      if (verdict === 'accepted') this.traces.succeeded({ ...PROOF, userId });
      return verdict;
    });
    return reason === 'accepted' ? { outcome: 'proven', userId, amr } : this.refuse(userId, reason);
  }

  /** What was wrong is in the trace of the sign-in; here it is a figure. */
  private refuse(userId: string | null, reason: PasskeyRefusal): PasskeyProof {
    this.traces.counted('passkey', OUTCOMES[reason]);
    return { outcome: 'refused', userId, reason };
  }
}
