import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { PasswordRehashed } from '../domain/password-events.js';
import { PasswordHasher, UserRepository } from './ports.js';
import { SignInWatch } from './sign-in-attempts.js';

/** Stores a password in the present way, once somebody has shown that they know it. The password stays as it is. */
@Injectable()
export class UpgradeHash {
  constructor(
    private readonly hasher: PasswordHasher,
    private readonly users: UserRepository,
    private readonly uow: UnitOfWork,
    private readonly watch: SignInWatch,
    private readonly clock: Clock,
  ) {}

  /** Whoever signs in must not notice: what goes wrong is for those who watch the service. */
  async execute(userId: string, hash: string, password: string): Promise<void> {
    if (!this.hasher.isOutdated(hash)) return;
    try {
      const next = await this.hasher.hash(password);
      this.watch.upgraded((await this.replace(userId, hash, next)) ? 'upgraded' : 'superseded');
    } catch {
      this.watch.upgraded('failed');
    }
  }

  private replace(userId: string, hash: string, next: string): Promise<boolean> {
    const event: PasswordRehashed = {
      type: 'identity.password_rehashed',
      userId,
      occurredAt: this.clock.now(),
      data: {},
    };
    return this.uow.run(async () => {
      const isReplaced = await this.users.replaceHash(userId, hash, next);
      if (isReplaced) this.uow.record(event);
      return isReplaced;
    });
  }
}
