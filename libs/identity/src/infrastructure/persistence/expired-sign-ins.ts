import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { Database, ExpiredRows } from '#platform/persistence';

/** Forgets counts that would begin anew. */
@Injectable()
export class ExpiredAttempts extends ExpiredRows {
  constructor(database: Database, uow: UnitOfWork) {
    super(database, uow, 'sign_in_attempts');
  }
}

/** Forgets devices that nobody came back on. */
@Injectable()
export class ExpiredDevices extends ExpiredRows {
  constructor(database: Database, uow: UnitOfWork) {
    super(database, uow, 'devices');
  }
}
