import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { Database, ExpiredRows } from '#platform/persistence';

/** Forgets who asked for how much mail. */
@Injectable()
export class ExpiredRecoverySources extends ExpiredRows {
  constructor(database: Database, uow: UnitOfWork) {
    super(database, uow, 'recovery_sources');
  }
}
