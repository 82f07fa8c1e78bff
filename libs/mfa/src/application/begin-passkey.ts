import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';

import { PasskeyChallenges, Passkeys, type PasskeyPurpose } from './passkey-ports.js';
import { Holders } from './ports.js';
import { WebAuthn, type CeremonyOptions, type KnownCredential } from './web-authn.js';

/** Who authenticators are asked for, and what they have of them already. */
@Injectable()
export class PasskeyOwners {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly holders: Holders,
  ) {}

  async of(userId: string): Promise<KnownCredential[]> {
    const known = await this.passkeys.listOf(userId);
    return known.map(({ state: { credentialId, transports } }) => ({ credentialId, transports }));
  }

  /** What an authenticator shows in its list of accounts. Throws `HolderGone`. */
  nameOf(userId: string): Promise<string> {
    return this.holders.emailOf(userId);
  }
}

/** Asks authenticators: for a new key pair, or for a signature with one that is known. */
@Injectable()
export class BeginPasskey {
  constructor(
    private readonly webAuthn: WebAuthn,
    private readonly known: PasskeyOwners,
    private readonly challenges: PasskeyChallenges,
    private readonly clock: Clock,
  ) {}

  /** `bond`: the session in which it is asked for, and in which the answer counts. */
  async registration(userId: string, bond: string): Promise<CeremonyOptions> {
    const existing = await this.known.of(userId);
    const userName = await this.known.nameOf(userId);
    const challenge = await this.challenge({ name: 'registration', userId, bond });
    return this.webAuthn.creationOptions({ challenge, userId, userName, displayName: userName, existing });
  }

  /** For a user who is known already by something else. */
  async proof(purpose: Exclude<PasskeyPurpose, { userId: null }>): Promise<CeremonyOptions> {
    const known = await this.known.of(purpose.userId);
    return this.webAuthn.requestOptions(await this.challenge(purpose), known);
  }

  /** For whoever comes: the answer is the same for everybody, and so tells nothing about anybody. */
  async signIn(): Promise<CeremonyOptions> {
    const challenge = await this.challenge({ name: 'sign_in', userId: null, bond: null });
    return this.webAuthn.requestOptions(challenge, []);
  }

  private challenge(purpose: PasskeyPurpose): Promise<string> {
    const expiresAt = new Date(this.clock.now().getTime() + this.webAuthn.ceremonySeconds * 1000);
    return this.challenges.issue(purpose, expiresAt);
  }
}
