import { Injectable } from '@nestjs/common';

import { OneTimeTokens, UserQueries, UserRepository } from './ports.js';

/** What the context of second factors may know of an account. */
export interface FactorHolder {
  readonly id: string;
  readonly email: string;
  readonly locale: 'en' | 'ko';
  /** An administrator now, whose account is not disabled. */
  readonly isAdmin: boolean;
}

/** Keeps, beside an account, whether a second factor is due. What the factors are is another context's business. */
@Injectable()
export class SecondFactorAccounts {
  constructor(
    private readonly queries: UserQueries,
    private readonly users: UserRepository,
    private readonly tokens: OneTimeTokens,
  ) {}

  /** `null` when the account is gone. */
  async find(userId: string): Promise<FactorHolder | null> {
    const stored = await this.queries.accountOf(userId);
    if (stored === null) return null;
    const { id, email, locale, roles, status } = stored.profile;
    return { id, email, locale, isAdmin: status === 'active' && roles.includes('admin') };
  }

  /** Addresses from before, whose owner can still take the account back, and so must hear what is done to it. */
  async formerAddresses(userId: string, now: Date): Promise<string[]> {
    const former = await this.tokens.addressesOf(userId, 'email_change_undo', now);
    const present = (await this.find(userId))?.email;
    return former.map(({ value }) => value).filter((value) => value !== present);
  }

  /**
   * Inside of a unit of work: whether a second factor is due; keeps it so, and sign-ins of the user out, until the end.
   * `null` when the account is gone.
   */
  lock(userId: string): Promise<boolean | null> {
    return this.users.lockSecondFactor(userId);
  }

  /** From now on a second factor is due: what was handed out without one is void. Returns the account's new epoch. */
  demand(userId: string, now: Date): Promise<number> {
    return this.users.setSecondFactor(userId, true, now);
  }

  /** The last factor is gone. What was handed out stays good. */
  async release(userId: string, now: Date): Promise<void> {
    await this.users.setSecondFactor(userId, false, now);
  }
}
