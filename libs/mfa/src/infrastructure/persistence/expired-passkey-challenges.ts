import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { Database, ExpiredRows } from '#platform/persistence';

/** Forgets challenges that nobody can answer any more. */
@Injectable()
export class ExpiredPasskeyChallenges extends ExpiredRows {
  constructor(database: Database, uow: UnitOfWork) {
    super(database, uow, 'passkey_challenges');
  }
}
