import { Injectable } from '@nestjs/common';

import { Clock, Ids, UnitOfWork } from '#kernel';

import { PasskeyNotRegistered, PasskeyTaken, TooManyPasskeys } from '../domain/passkey-errors.js';
import { MOST_PASSKEYS, Passkey, type NewPasskey, type PasskeyState } from '../domain/passkey.js';
import { FactorDuty } from './enable-factor.js';
import { PasskeyChallenges, Passkeys } from './passkey-ports.js';
import { MfaFactors, RecoveryCodes } from './ports.js';
import { RecoveryCodeSets, type RecoveryCodeSet } from './recovery-code-set.js';
import { noticeOf } from './remove-passkey.js';
import { WebAuthn, type PresentedCredential } from './web-authn.js';

export interface PasskeyRegistration {
  readonly userId: string;
  /** Where it was asked for: the session that goes on when all others end. */
  readonly sessionId: string;
  readonly credential: PresentedCredential;
  readonly name: string | null;
}

export interface AddedPasskey {
  readonly passkey: Readonly<PasskeyState>;
  /** Of a first factor, shown this once; `null` for every further one. */
  readonly recoveryCodes: readonly string[] | null;
}

/** Looks at what an authenticator has made. */
@Injectable()
export class PasskeyRegistrations {
  constructor(
    private readonly webAuthn: WebAuthn,
    private readonly challenges: PasskeyChallenges,
    private readonly ids: Ids,
    private readonly clock: Clock,
  ) {}

  /** Spends the challenge whatever comes of it; never inside of a unit of work. Throws `PasskeyNotRegistered`. */
  async receive({ userId, sessionId: bond, credential, name }: PasskeyRegistration): Promise<NewPasskey> {
    const challenge = this.webAuthn.challengeOf(credential);
    const purpose = { name: 'registration', userId, bond } as const;
    if (challenge === null || !(await this.challenges.spend(challenge, purpose, this.clock.now()))) {
      throw new PasskeyNotRegistered();
    }
    const registered = await this.webAuthn.register(credential, challenge);
    if (registered === null) throw new PasskeyNotRegistered();
    return { ...registered, id: this.ids.uuid(), userId, name };
  }
}

/** The recovery codes that come with a first factor. */
@Injectable()
export class FirstRecoveryCodes {
  constructor(
    private readonly factors: MfaFactors,
    private readonly sets: RecoveryCodeSets,
    private readonly codes: RecoveryCodes,
  ) {}

  /** `null` where there is a factor already, and so are its codes. Slow: never inside of a unit of work. */
  async make(userId: string): Promise<RecoveryCodeSet | null> {
    return (await this.factors.count(userId)) > 0 ? null : this.sets.make();
  }

  /** Inside of a unit of work. */
  store(userId: string, { hashed }: RecoveryCodeSet, now: Date): Promise<void> {
    return this.codes.replace(userId, hashed, now);
  }
}

/** A user has one more way to prove who they are. */
@Injectable()
export class AddPasskey {
  constructor(
    private readonly registrations: PasskeyRegistrations,
    private readonly passkeys: Passkeys,
    private readonly duty: FactorDuty,
    private readonly firstCodes: FirstRecoveryCodes,
    private readonly uow: UnitOfWork,
  ) {}

  /** Throws `PasskeyNotRegistered`, `PasskeyTaken`, `TooManyPasskeys`, `HolderGone`, `Overloaded`. */
  async execute(registration: PasskeyRegistration, now: Date): Promise<AddedPasskey> {
    const { userId, sessionId } = registration;
    const made = await this.registrations.receive(registration);
    const codes = await this.firstCodes.make(userId);
    return this.uow.run(async () => {
      const before = await this.duty.lock(userId);
      if ((await this.passkeys.listOf(userId)).length >= MOST_PASSKEYS) throw new TooManyPasskeys();
      const notice = ['mfa_passkey_added', noticeOf(made.name, now)] as const;
      const securityEpoch = await this.duty.added(userId, before, now, notice);
      const passkey = Passkey.add(made, { sessionId, securityEpoch }, now);
      if (!(await this.passkeys.add(passkey))) throw new PasskeyTaken();
      const isFirst = !before.isDue && codes !== null;
      if (isFirst) await this.firstCodes.store(userId, codes, now);
      return { passkey: passkey.state, recoveryCodes: isFirst ? codes.shown : null };
    });
  }
}
