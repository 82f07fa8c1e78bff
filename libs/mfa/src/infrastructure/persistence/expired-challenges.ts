import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { Database, ExpiredRows } from '#platform/persistence';

/** Forgets challenges that nobody can meet any more. */
@Injectable()
export class ExpiredChallenges extends ExpiredRows {
  constructor(database: Database, uow: UnitOfWork) {
    super(database, uow, 'mfa_challenges');
  }
}
