import { Injectable } from '@nestjs/common';

import { fitsPasswordLimits, Ids } from '#kernel';

import type { Email } from '../domain/email.js';
import { PasswordRejected, PasswordTooLong } from '../domain/errors.js';
import { AgeLimit } from './age-limit.js';
import { EmailParser, PasswordHasher, PasswordPolicy } from './ports.js';

interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly displayName: string | null;
}

interface Candidate extends Credentials {
  /** ISO 8601; `undefined` when it was not given. */
  readonly birthDate: string | undefined;
}

export interface Admitted {
  readonly id: string;
  readonly email: Email;
  readonly passwordHash: string;
}

/** Everything about a registration that is decided without looking at any account. */
@Injectable()
export class RegistrationRules {
  constructor(
    private readonly emails: EmailParser,
    private readonly age: AgeLimit,
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly ids: Ids,
  ) {}

  /** Throws `InvalidEmail`, `BirthDateRequired`, `UnderAge`, `PasswordTooLong`, `PasswordRejected`, `Overloaded`. */
  async admit(candidate: Candidate): Promise<Admitted> {
    const email = this.emails.parse(candidate.email);
    this.age.check(candidate.birthDate);
    return this.secure(email, candidate);
  }

  /** For somebody for whom an operator vouches: nobody asks their age. Throws as `admit` does. */
  async admitVouched(credentials: Credentials): Promise<Admitted> {
    return this.secure(this.emails.parse(credentials.email), credentials);
  }

  private async secure(email: Email, { password, displayName }: Credentials): Promise<Admitted> {
    // Nobody could sign in with it.
    if (!fitsPasswordLimits(password)) throw new PasswordTooLong();
    const reasons = this.policy.reasonsAgainst(password, { email: email.value, displayName });
    if (reasons.length > 0) throw new PasswordRejected(reasons);
    return { id: this.ids.uuid(), email, passwordHash: await this.hasher.hash(password) };
  }
}
