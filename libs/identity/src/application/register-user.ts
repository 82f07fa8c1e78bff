import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { Email } from '../domain/email.js';
import { User, type Consent, type Locale, type PendingRegistration } from '../domain/user.js';
import { EmailVerification } from './email-verification.js';
import { UserRepository } from './ports.js';
import { RegistrationRules, type Admitted } from './registration-rules.js';

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly displayName: string | null;
  readonly locale: Locale;
  readonly consents: readonly Consent[];
  readonly birthDate: string | undefined;
}

/**
 * Makes an account that waits for its address to be proven.
 *
 * Whether the address is taken is told to its owner by mail and to nobody else: the caller learns nothing from the
 * answer, and the one hash is made first, whatever comes after it, so nothing from its time.
 */
@Injectable()
export class RegisterUser {
  constructor(
    private readonly rules: RegistrationRules,
    private readonly users: UserRepository,
    private readonly verification: EmailVerification,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Throws `InvalidEmail`, `BirthDateRequired`, `UnderAge`, `PasswordRejected`, `Overloaded`. */
  async execute(registration: Registration): Promise<void> {
    const admitted = await this.rules.admit(registration);
    await this.uow.run(() => this.store(registration, admitted));
  }

  private async store({ displayName, locale, consents }: Registration, admitted: Admitted): Promise<void> {
    const now = this.clock.now();
    const { passwordHash } = admitted;
    const pending = { passwordHash, profile: { displayName, locale, phone: null }, consents, signedUpAt: now };
    const user = User.register({ ...admitted, profile: pending.profile }, now);
    if (await this.users.add(user)) await this.verification.issue(user, pending, now);
    else await this.storeAgain(admitted.email, pending, now);
  }

  /** Beside what others registered: a link confirms the registration it was mailed for, so that none has to die. */
  private async storeAgain(email: Email, pending: PendingRegistration, now: Date): Promise<void> {
    const existing = await this.users.findByEmailForUpdate(email);
    if (existing === null) return;
    if (existing.emailVerified) return this.verification.tellOwner(existing, now);
    // Without a mail nobody could ever confirm it.
    if (!(await this.verification.mayIssue(existing.id, now))) return;
    existing.registerAgain(now);
    await this.users.save(existing);
    await this.verification.issue(existing, pending, now);
  }
}
