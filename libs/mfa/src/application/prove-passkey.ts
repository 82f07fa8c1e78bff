import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';

import type { Assertion } from '../domain/passkey.js';
import { PasskeyChallenges, Passkeys, type PasskeyPurpose } from './passkey-ports.js';
import { MfaNotices } from './ports.js';
import { noticeOf } from './remove-passkey.js';
import { WebAuthn, type PresentedCredential } from './web-authn.js';

/**
 * `unknown`: nobody, or somebody else, registered it. `challenge`: what it answers was not asked for this purpose, or
 * was answered before.
 */
export type PasskeyRefusal = 'unknown' | 'signature' | 'challenge' | 'counter_regressed';

/** A signature that holds. It proves something once its challenge is spent. */
export interface SignedChallenge {
  readonly userId: string;
  readonly passkeyId: string;
  readonly challenge: string;
  readonly assertion: Assertion;
}

/**
 * What tokens say about a passkey (RFC 8176): a key was proven, which stays in one device or may be copied to others, and
 * its authenticator has verified the user.
 */
export function passkeyAmr({ backupEligible }: Assertion): readonly string[] {
  return [backupEligible ? 'swk' : 'hwk', 'user'];
}

/** Looks at the answer of an authenticator, and changes nothing; signatures take their time. */
@Injectable()
export class ReadPasskeyProof {
  constructor(
    private readonly webAuthn: WebAuthn,
    private readonly passkeys: Passkeys,
  ) {}

  /** `userId`: who has to have signed; `null` where the answer tells who that is. Throws `DecryptionFailed`. */
  async execute(
    credential: PresentedCredential,
    userId: string | null,
  ): Promise<SignedChallenge | { readonly refused: PasskeyRefusal; readonly userId: string | null }> {
    const challenge = this.webAuthn.challengeOf(credential);
    const state = (await this.passkeys.findByCredential(credential.id))?.state;
    if (state === undefined || challenge === null || (userId !== null && state.userId !== userId)) {
      return { refused: 'unknown', userId };
    }
    const { userId: owner, credentialId, publicKey } = state;
    const expected = { challenge, credentialId, publicKey, userId: owner, isUserUnknown: userId === null };
    const assertion = await this.webAuthn.assert(credential, expected);
    if (assertion === null) return { refused: 'signature', userId: owner };
    return { userId: owner, passkeyId: state.id, challenge, assertion };
  }
}

/** Makes a proof of a signature: once, for what it was asked for, and only while the counter of the passkey rises. */
@Injectable()
export class SpendPasskeyProof {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly challenges: PasskeyChallenges,
    private readonly notices: MfaNotices,
    private readonly clock: Clock,
  ) {}

  /** Inside of a unit of work, which has to commit whatever comes of it: the challenge stays spent. */
  async execute(signed: SignedChallenge, purpose: PasskeyPurpose): Promise<'accepted' | PasskeyRefusal> {
    const now = this.clock.now();
    if (!(await this.challenges.spend(signed.challenge, purpose, now))) return 'challenge';
    // Its row is locked: of two uses at the same time the second sees what the first has left.
    const passkey = await this.passkeys.findForUpdate(signed.userId, signed.passkeyId);
    if (passkey === null) return 'unknown';
    const verdict = passkey.use(signed.assertion, now);
    await this.passkeys.save(passkey);
    if (verdict === 'accepted') return 'accepted';
    if (verdict === 'other_authenticator') return 'signature';
    if (await this.passkeys.claimNotice(signed.passkeyId, now)) {
      await this.notices.send('mfa_passkey_copied', signed.userId, noticeOf(passkey.state.name, now));
    }
    return 'counter_regressed';
  }
}
