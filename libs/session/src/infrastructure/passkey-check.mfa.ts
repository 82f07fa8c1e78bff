import { Injectable } from '@nestjs/common';

import { IdentityApi } from '#identity';
import { PasskeyApi, type PasskeyProof } from '#mfa';

import {
  PasskeyCheck,
  type PasskeyCredential,
  type PasskeyRejection,
  type PasskeyVerdict,
} from '../application/passkey-check.js';
import type { SignedInUser } from '../application/ports.js';
import type { AuthenticationMethod } from '../domain/assurance.js';

type Refusal = Extract<PasskeyProof, { outcome: 'refused' }>['reason'];

const REJECTIONS: Readonly<Record<Refusal, PasskeyRejection>> = {
  challenge: 'passkey_challenge_invalid',
  unknown: 'passkey_unknown',
  signature: 'passkey_wrong',
  counter_regressed: 'passkey_counter_regressed',
};

@Injectable()
export class MfaPasskeyCheck extends PasskeyCheck {
  constructor(
    private readonly passkeys: PasskeyApi,
    private readonly identity: IdentityApi,
  ) {
    super();
  }

  options(): Promise<Readonly<Record<string, unknown>>> {
    return this.passkeys.signInOptions();
  }

  account(userId: string): Promise<SignedInUser | null> {
    return this.identity.accountThatMaySignIn(userId);
  }

  async verify(credential: PasskeyCredential): Promise<PasskeyVerdict> {
    const proof = await this.passkeys.signIn(credential);
    if (proof.outcome === 'refused') {
      return { outcome: 'rejected', userId: proof.userId, reason: REJECTIONS[proof.reason] };
    }
    const user = await this.account(proof.userId);
    if (user === null) return { outcome: 'rejected', userId: proof.userId, reason: 'account_disabled' };
    return { outcome: 'accepted', user, amr: proof.amr as readonly AuthenticationMethod[] };
  }
}
