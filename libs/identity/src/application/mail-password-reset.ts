import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { User } from '../domain/user.js';
import { PasswordRecovery } from './password-recovery.js';
import { RecoveryBudget, RecoveryRequests, UserRepository, type RecoveryRequest } from './ports.js';

/** Whose mail it would be: looked up and locked inside of the unit of work. */
type Find = (users: UserRepository) => Promise<User | null>;

/** Mails a link that sets a new password, if there is anybody to mail it to. It goes to the stored address. */
@Injectable()
export class MailPasswordReset {
  constructor(
    private readonly users: UserRepository,
    private readonly recovery: PasswordRecovery,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly budget: RecoveryBudget,
  ) {}

  /** At the wish of an operator, who learns whether it is on its way, and never chooses the password. */
  async toUser(userId: string): Promise<boolean> {
    return this.uow.run(() => this.mail((users) => users.findForUpdate(userId)));
  }

  /**
   * To the owner of an account at which somebody tried what only its owner can know, and which opens nothing any more. One
   * mail an hour at most, none that voids a link of before, and within what the source of the attempt may ask for. Called
   * with `null` where it is nobody's, because that must cost the source as much.
   */
  async offer(userId: string | null): Promise<void> {
    // By itself, so that whoever asks next from there does not wait for what is done at the account.
    const isAllowed = await this.uow.run(() => this.budget.claim(this.clock.now()));
    if (userId === null || !isAllowed) return;
    await this.uow.run(async () => {
      const user = await this.users.findForUpdate(userId);
      const now = this.clock.now();
      if (user === null || !(await this.recovery.mayOffer(user, now))) return;
      await this.recovery.issue(user, now);
      await this.users.save(user);
    });
  }

  /** Inside of a unit of work. */
  async mail(find: Find): Promise<boolean> {
    const user = await find(this.users);
    const now = this.clock.now();
    if (user === null || !(await this.recovery.mayMail(user, now))) return false;
    await this.recovery.issue(user, now);
    await this.users.save(user);
    return true;
  }
}

/** Looks at what a stranger asked for. Whoever asked has long been answered. */
@Injectable()
export class AnswerRecoveryRequest {
  constructor(
    private readonly requests: RecoveryRequests,
    private readonly reset: MailPasswordReset,
    private readonly uow: UnitOfWork,
  ) {}

  async execute({ id, email }: RecoveryRequest): Promise<void> {
    await this.uow.run(async () => {
      if (!(await this.requests.take(id))) return;
      await this.reset.mail((users) => users.findByEmailForUpdate(email));
    });
  }
}
