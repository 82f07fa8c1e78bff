import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { User } from '../domain/user.js';
import { OneTimeTokens, UserRepository } from './ports.js';
import { RegistrationRules, type Admitted } from './registration-rules.js';

/** How the first administrator comes to be: by somebody with access to the machine, never by a default. */
@Injectable()
export class CreateAdmin {
  constructor(
    private readonly rules: RegistrationRules,
    private readonly users: UserRepository,
    private readonly tokens: OneTimeTokens,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * `false`, and nothing changed, when the address is taken by somebody who proved it, or whose account is disabled. One
   * that anybody may have registered is the administrator's from now on. Throws `InvalidEmail`, `PasswordTooLong`,
   * `PasswordRejected`.
   */
  async execute(email: string, password: string): Promise<boolean> {
    const admitted = await this.rules.admitVouched({ email, password, displayName: null });
    return this.uow.run(() => this.appoint(admitted, this.clock.now()));
  }

  private async appoint(admitted: Admitted, now: Date): Promise<boolean> {
    const profile = { displayName: null, locale: 'en', phone: null } as const;
    if (await this.users.add(User.appointAdmin({ ...admitted, profile }, now))) return true;
    const existing = await this.users.findByEmailForUpdate(admitted.email);
    if (existing === null || existing.emailVerified || existing.state.status !== 'active') return false;
    existing.appointInstead({ passwordHash: admitted.passwordHash, profile }, now);
    await this.users.save(existing);
    await this.users.discardConsents(existing.id);
    await this.tokens.voidAll(existing.id, 'email_verification', now);
    return true;
  }
}
