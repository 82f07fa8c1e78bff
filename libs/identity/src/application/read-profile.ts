import { Injectable } from '@nestjs/common';

import { UserNotFound } from '../domain/errors.js';
import { UserQueries, type UserProfile } from './ports.js';

/** The account as its owner sees it. */
@Injectable()
export class ReadProfile {
  constructor(private readonly queries: UserQueries) {}

  /** In version `atLeast` or a later one; without a promise when the process remembers it. Throws `UserNotFound` when the account was erased meanwhile. */
  execute(userId: string, atLeast: number): UserProfile | Promise<UserProfile> {
    return this.queries.remembered(userId, atLeast)?.profile ?? this.read(userId, atLeast);
  }

  private async read(userId: string, atLeast: number): Promise<UserProfile> {
    const account = await this.queries.accountOf(userId, atLeast);
    if (account === null) throw new UserNotFound();
    return account.profile;
  }
}
