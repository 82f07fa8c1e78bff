import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { Database, ExpiredRows } from '#platform/persistence';

/** Forgets tokens that are good for nothing, but for those with the registration that a new mail would ask about. */
@Injectable()
export class ExpiredOneTimeTokens extends ExpiredRows {
  constructor(database: Database, uow: UnitOfWork) {
    super(database, uow, 'one_time_tokens', { condition: 't.registration_enc IS NULL' });
  }
}
