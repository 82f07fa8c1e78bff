import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { UserNotFound } from '../domain/errors.js';
import type { Profile } from '../domain/user.js';
import { UserQueries, UserRepository, type UserProfile } from './ports.js';

/** Changes what the owner of an account may change about it. */
@Injectable()
export class UpdateProfile {
  constructor(
    private readonly users: UserRepository,
    private readonly queries: UserQueries,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** `isExpected` says whether a version is one the caller knows. Throws `UserNotFound`, `UserChangedMeanwhile`. */
  execute(userId: string, changes: Partial<Profile>, isExpected: (version: number) => boolean): Promise<UserProfile> {
    return this.uow.run(async () => {
      const user = await this.users.findForUpdate(userId);
      if (user === null) throw new UserNotFound();
      user.updateProfile(changes, isExpected, this.clock.now());
      await this.users.save(user);
      const profile = await this.queries.profileOf(userId);
      if (profile === null) throw new UserNotFound();
      return profile;
    });
  }
}
