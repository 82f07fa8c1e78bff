import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { Database, ExpiredRows } from '#platform/persistence';

/**
 * Events that were told a day ago. Whoever did not learn then whether they were has spooled them, and drains its spool
 * within seconds of having PostgreSQL back; after a day the receiver is left to tell the duplicate.
 */
@Injectable()
export class ExpiredToldEvents extends ExpiredRows {
  /** Events about forgetting events would have no end. */
  protected override readonly isTold = false;

  constructor(database: Database, uow: UnitOfWork) {
    super(database, uow, 'outbox_told');
  }
}
