import { Injectable } from '@nestjs/common';

import { UserNotFound } from '../domain/errors.js';
import { UserQueries, type UserProfile } from './ports.js';

/** The account as its owner sees it. */
@Injectable()
export class ReadProfile {
  constructor(private readonly queries: UserQueries) {}

  /** Throws `UserNotFound` when the account was erased meanwhile. */
  async execute(userId: string): Promise<UserProfile> {
    const profile = await this.queries.profileOf(userId);
    if (profile === null) throw new UserNotFound();
    return profile;
  }
}
