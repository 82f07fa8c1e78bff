import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { User } from '../domain/user.js';
import { UserRepository } from './ports.js';
import { RegistrationRules } from './registration-rules.js';

/** How the first administrator comes to be: by somebody with access to the machine, never by a default. */
@Injectable()
export class CreateAdmin {
  constructor(
    private readonly rules: RegistrationRules,
    private readonly users: UserRepository,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** `false`, and nothing changed, when the address is taken. Throws `InvalidEmail`, `PasswordTooLong`, `PasswordRejected`. */
  async execute(email: string, password: string): Promise<boolean> {
    const admitted = await this.rules.admitVouched({ email, password, displayName: null });
    const profile = { displayName: null, locale: 'en', phone: null } as const;
    const admin = User.appointAdmin({ ...admitted, profile }, this.clock.now());
    return this.uow.run(() => this.users.add(admin));
  }
}
