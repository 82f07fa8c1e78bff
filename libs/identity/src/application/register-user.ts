import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { User, type Consent, type Locale, type Profile } from '../domain/user.js';
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
    const unprovable = await this.uow.run(() => this.store(registration, admitted));
    if (unprovable === null) return;
    // No mail may go out for an hour. Who comes with the same password comes again and loses nothing; for anybody
    // else every link that was mailed so far must die, or its reader would prove a stranger's registration.
    if (await this.rules.isSamePassword(unprovable, registration.password)) return;
    await this.uow.run(() => this.supersede(registration, admitted));
  }

  /** Answers with the present password's hash where only {@link supersede} is left to do. */
  private async store(registration: Registration, admitted: Admitted): Promise<string | null> {
    const now = this.clock.now();
    const user = User.register({ ...admitted, profile: profileOf(registration) }, now);
    for (const consent of registration.consents) user.decideConsent(consent, now);
    if (await this.users.add(user)) {
      await this.users.addConsents(user.id, registration.consents, now);
      await this.verification.issue(user, now);
      return null;
    }
    const existing = await this.users.findByEmailForUpdate(admitted.email);
    if (existing?.emailVerified === true) await this.verification.tellOwner(existing, now);
    if (existing === null || existing.emailVerified) return null;
    if (!(await this.verification.mayIssue(existing.id, now))) return existing.state.passwordHash;
    await this.replace(existing, registration, admitted, now);
    await this.verification.issue(existing, now);
    return null;
  }

  private async supersede(registration: Registration, admitted: Admitted): Promise<void> {
    const existing = await this.users.findByEmailForUpdate(admitted.email);
    if (existing === null || existing.emailVerified) return;
    await this.replace(existing, registration, admitted, this.clock.now());
  }

  /** The newest registration counts, with its own consents and none of a stranger's. */
  private async replace(existing: User, registration: Registration, admitted: Admitted, now: Date): Promise<void> {
    existing.registerAgain({ passwordHash: admitted.passwordHash, profile: profileOf(registration) }, now);
    for (const consent of registration.consents) existing.decideConsent(consent, now);
    await this.users.save(existing);
    await this.users.discardConsents(existing.id);
    await this.users.addConsents(existing.id, registration.consents, now);
  }
}

function profileOf({ displayName, locale }: Registration): Profile {
  return { displayName, locale, phone: null };
}
