import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';

import type { Email } from '../domain/email.js';
import { PasswordRejected } from '../domain/errors.js';
import { AgeLimit } from './age-limit.js';
import { EmailParser, PasswordHasher, PasswordPolicy } from './ports.js';

interface Candidate {
  readonly email: string;
  readonly password: string;
  readonly displayName: string | null;
  /** `null` where an operator vouches for the person. */
  readonly birthDate: string | undefined | null;
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

  /** Throws `InvalidEmail`, `BirthDateRequired`, `UnderAge`, `PasswordRejected`, `Overloaded`. */
  async admit(candidate: Candidate): Promise<Admitted> {
    const email = this.emails.parse(candidate.email);
    if (candidate.birthDate !== null) this.age.check(candidate.birthDate);
    const own = { email: email.value, displayName: candidate.displayName };
    const reasons = this.policy.reasonsAgainst(candidate.password, own);
    if (reasons.length > 0) throw new PasswordRejected(reasons);
    return { id: this.ids.uuid(), email, passwordHash: await this.hasher.hash(candidate.password) };
  }
}
