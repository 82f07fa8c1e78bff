import { Injectable } from '@nestjs/common';

import { UserNotFound } from '../domain/errors.js';
import { UserQueries, type UserProfile } from './ports.js';

/** The account as its owner sees it. */
@Injectable()
export class ReadProfile {
  constructor(private readonly queries: UserQueries) {}

  /** In version `atLeast` or a later one. Throws `UserNotFound` when the account was erased meanwhile. */
  async execute(userId: string, atLeast: number): Promise<UserProfile> {
    const account = await this.queries.accountOf(userId, atLeast);
    if (account === null) throw new UserNotFound();
    return account.profile;
  }
}
