import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { Database, ExpiredRows } from '#platform/persistence';

// A flood of refusals leaves as many ids: they must not pile up until the hour is full.
const EVERY_MS = 60_000;

export abstract class ToldEventsSettings {
  /** For so long the ids of told events are remembered. */
  abstract readonly keptMinutes: number;
}

/**
 * Ids of events that were told a while ago. Whoever did not learn then whether they were has spooled them within seconds,
 * and drains its spool within seconds of having PostgreSQL back; who was without it for longer than ids are kept leaves it
 * to the receiver to tell the duplicate.
 */
@Injectable()
export class ExpiredToldEvents extends ExpiredRows {
  /** Events about forgetting events would have no end. */
  protected override readonly isTold = false;

  constructor(database: Database, uow: UnitOfWork, { keptMinutes }: ToldEventsSettings) {
    super(database, uow, 'outbox_told', { keptMinutes, everyMs: EVERY_MS });
  }
}
