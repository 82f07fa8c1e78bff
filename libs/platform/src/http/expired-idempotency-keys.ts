import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { Database, ExpiredRows } from '#platform/persistence';

/** Forgets first answers that nobody can ask for any more. */
@Injectable()
export class ExpiredIdempotencyKeys extends ExpiredRows {
  constructor(database: Database, uow: UnitOfWork) {
    super(database, uow, 'idempotency_keys');
  }
}
