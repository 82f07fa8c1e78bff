import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { User, type Consent, type Locale } from '../domain/user.js';
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
 * answer, and the hash is made first, so nothing from its time.
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

  private async store(registration: Registration, { id, email, passwordHash }: Admitted): Promise<void> {
    const { displayName, locale, consents } = registration;
    const now = this.clock.now();
    const profile = { displayName, locale, phone: null };
    const user = User.register({ id, email, passwordHash, profile }, now);
    if (await this.users.add(user)) return this.finish(user, consents, now);
    const existing = await this.users.findByEmailForUpdate(email);
    if (existing === null) return;
    if (existing.emailVerified) return this.verification.tellOwner(existing, now);
    // Without a mail the new credentials could never be proven, so they do not replace the old ones either.
    if (!(await this.verification.mayIssue(existing.id, now))) return;
    existing.registerAgain({ passwordHash, profile }, now);
    await this.users.discardConsents(existing.id);
    return this.finish(existing, consents, now);
  }

  private async finish(user: User, consents: readonly Consent[], now: Date): Promise<void> {
    for (const consent of consents) user.decideConsent(consent, now);
    await this.users.addConsents(user.id, consents, now);
    await this.users.save(user);
    await this.verification.issue(user, now);
  }
}
