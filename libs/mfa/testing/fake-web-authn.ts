import {
  WebAuthn,
  type CeremonyOptions,
  type ExpectedAssertion,
  type KnownCredential,
  type PresentedCredential,
  type RegisteredCredential,
  type RegistrationRequest,
} from '../src/application/web-authn.js';
import type { Assertion } from '../src/domain/passkey.js';

/** What a credential of a test says about itself. */
export interface Told {
  readonly challenge?: string;
  readonly counter?: number;
  readonly backupEligible?: boolean;
  readonly isForged?: boolean;
}

/** A credential that says what it is; {@link FakeWebAuthn} believes it unless it is forged. */
export function aCredential(id: string, told: Told): PresentedCredential {
  return { id, response: { ...told } };
}

/** Ceremonies without cryptography: what is asked can be read, and answers say themselves whether they are right. */
export class FakeWebAuthn extends WebAuthn {
  readonly ceremonySeconds = 300;

  async creationOptions(request: RegistrationRequest): Promise<CeremonyOptions> {
    return { ...request };
  }

  async requestOptions(challenge: string, allowed: readonly KnownCredential[]): Promise<CeremonyOptions> {
    return { challenge, allowed };
  }

  challengeOf({ response }: PresentedCredential): string | null {
    return (response as Told).challenge ?? null;
  }

  async register({ id, response }: PresentedCredential, challenge: string): Promise<RegisteredCredential | null> {
    const told = response as Told;
    if (told.isForged === true || told.challenge !== challenge) return null;
    const { counter = 0, backupEligible = false } = told;
    const publicKey = new Uint8Array([1, 2, 3]);
    return { credentialId: id, publicKey, counter, backupEligible, backedUp: false, transports: ['internal'] };
  }

  async assert({ response }: PresentedCredential, { challenge }: ExpectedAssertion): Promise<Assertion | null> {
    const told = response as Told;
    if (told.isForged === true || told.challenge !== challenge) return null;
    const { counter = 0, backupEligible = false } = told;
    return { counter, backupEligible, backedUp: backupEligible };
  }
}
