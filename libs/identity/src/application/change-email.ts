import { Injectable } from '@nestjs/common';

import { Clock, Ids, UnitOfWork } from '#kernel';

import type { Email } from '../domain/email.js';
import { AddressTakenMeanwhile, EmailUnchanged, OneTimeTokenInvalid, UserNotFound } from '../domain/errors.js';
import { EmailChanges } from './email-changes.js';
import { PasswordRecovery } from './password-recovery.js';
import { EmailParser, OneTimeTokens, PasswordHasher, UserQueries, UserRepository } from './ports.js';

// Each after the first means that somebody registered the address at the same moment.
const TRIES = 3;

/** An address that somebody wants for their account. */
@Injectable()
export class NewAddresses {
  constructor(
    private readonly emails: EmailParser,
    private readonly queries: UserQueries,
  ) {}

  /** Throws `InvalidEmail`. */
  parse(typed: string): Email {
    return this.emails.parse(typed);
  }

  /** True where nobody has proven it. */
  async isFree(address: Email): Promise<boolean> {
    const id = await this.queries.idOf({ email: address });
    return id === null || (await this.queries.profileOf(id))?.emailVerified !== true;
  }
}

/** Notes which address a user wants. Whether it is taken is told to nobody: the mail that would confirm it never comes. */
@Injectable()
export class RequestEmailChange {
  constructor(
    private readonly addresses: NewAddresses,
    private readonly users: UserRepository,
    private readonly changes: EmailChanges,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Throws `InvalidEmail`, `EmailUnchanged`, `TooManyEmailChanges`, `UserNotFound`. */
  async execute(userId: string, typedEmail: string): Promise<void> {
    const to = this.addresses.parse(typedEmail);
    await this.uow.run(async () => {
      const user = await this.users.findForUpdate(userId);
      if (user === null) throw new UserNotFound();
      if (user.state.email.value === to.value) throw new EmailUnchanged();
      await this.changes.begin(user, { to, reachable: await this.addresses.isFree(to) }, this.clock.now());
    });
  }
}

/** The token came back from the new address. */
@Injectable()
export class ConfirmEmailChange {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly users: UserRepository,
    private readonly changes: EmailChanges,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** `false` when the token is of no use. */
  async execute(token: string): Promise<boolean> {
    return again(() => this.uow.run(() => this.confirm(token, this.clock.now())));
  }

  private async confirm(token: string, now: Date): Promise<boolean> {
    const userId = await this.tokens.ownerOf(token, 'email_change', now);
    const user = userId === null ? null : await this.users.findForUpdate(userId);
    return user?.state.status === 'active' && (await this.changes.confirm(token, user, now));
  }
}

/** Units of work, and the time in which they happen. */
@Injectable()
export class Transactions {
  constructor(
    readonly uow: UnitOfWork,
    readonly clock: Clock,
  ) {}
}

/** Who may take an account back, and what its password is then: none that anybody knows. */
@Injectable()
export class TakeBack {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly hasher: PasswordHasher,
    private readonly ids: Ids,
  ) {}

  /** Slow, so outside of any unit of work. `null`, and nothing was hashed, when the token is of no use. */
  async prepare(token: string, now: Date): Promise<{ userId: string; hash: string } | null> {
    this.hasher.refuseIfBusy();
    const userId = await this.tokens.ownerOf(token, 'email_change_undo', now);
    return userId === null ? null : { userId, hash: await this.hasher.hash(this.ids.secret()) };
  }
}

/**
 * The address before takes the account back, whether the new one has been confirmed or not. Whoever asked for the change
 * knew the password and had a session, so both are void, and the owner is mailed a link for a password of their own.
 */
@Injectable()
export class UndoEmailChange {
  constructor(
    private readonly takeBack: TakeBack,
    private readonly changes: EmailChanges,
    private readonly users: UserRepository,
    private readonly recovery: PasswordRecovery,
    private readonly transactions: Transactions,
  ) {}

  /** Throws `OneTimeTokenInvalid`, `Overloaded`. */
  async execute(token: string): Promise<void> {
    const { uow, clock } = this.transactions;
    const prepared = await this.takeBack.prepare(token, clock.now());
    const undone = prepared !== null && (await again(() => uow.run(() => this.undo(token, prepared, clock.now()))));
    if (!undone) throw new OneTimeTokenInvalid();
  }

  private async undo(token: string, { userId, hash }: { userId: string; hash: string }, now: Date): Promise<boolean> {
    const user = await this.users.findForUpdate(userId);
    if (user?.state.status !== 'active' || !(await this.changes.undo(token, user, hash, now))) return false;
    await this.recovery.issue(user, now);
    await this.users.save(user);
    return true;
  }
}

/** Somebody registered the address between the look at it and the change: the second look finds them. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AddressTakenMeanwhile) || tried === TRIES) throw error;
    }
  }
}
