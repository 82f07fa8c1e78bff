import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

/** One message that must leave this service after its transaction commits. */
export interface OutboxMessage {
  readonly id: string;
  readonly topic: 'audit' | 'mail';
  /** Messages of one key leave in order. */
  readonly orderKey: string;
  /** JSON; holds no personal datum or secret in the clear. */
  readonly payload: unknown;
}

export abstract class OutboxSettings {
  /** How many queues leave in parallel. */
  abstract readonly lanes: number;
  /** The number of the first of them; those below are not used any more. */
  abstract readonly firstLane: number;
}

const INSERT = 'INSERT INTO user_service.outbox (id, topic, lane, payload)';
const COLUMNS = ['uuid', 'text', 'smallint', 'jsonb'];
const messages = (first: number): string =>
  `unnest(${COLUMNS.map((type, index) => `$${String(first + index)}::${type}[]`).join(', ')})`;

const TELL = `
  WITH told AS (INSERT INTO user_service.outbox_told (event_id) SELECT unnest($1::uuid[]))
  ${INSERT} SELECT * FROM ${messages(1)}`;
const CLAIM = `
  INSERT INTO user_service.outbox_told (event_id)
  SELECT id FROM unnest($1::uuid[]) AS claimed (id)
   WHERE NOT EXISTS (SELECT FROM user_service.outbox WHERE outbox.id = claimed.id)
     AND NOT EXISTS (SELECT FROM user_service.outbox_dead_letters WHERE event_id = claimed.id)
  ON CONFLICT DO NOTHING RETURNING event_id AS id`;

/**
 * A part of a `WITH` list that stores events if the part named `change` has changed a row, so that a change which is one
 * statement needs no second one for its events. `first` is the number of the first of the four parameters that
 * {@link Outbox.columnsOf} makes.
 */
export const WITH_EVENTS = (change: string, first: number): string =>
  `told AS (${INSERT} SELECT * FROM ${messages(first)} WHERE EXISTS (SELECT FROM ${change}))`;

/** The delivery queue in PostgreSQL: what is appended commits or vanishes with the change that caused it. */
@Injectable()
export class Outbox {
  constructor(
    private readonly database: Database,
    private readonly settings: OutboxSettings,
  ) {}

  /** Appends messages inside of the running unit of work (outside of one PostgreSQL refuses the write). */
  async append(added: readonly OutboxMessage[]): Promise<void> {
    await this.database.query(`${INSERT} SELECT * FROM ${messages(1)}`, this.columnsOf(added));
  }

  /** As `append`, for what nothing else in the database shows: it is known again after it has left. */
  async tell(added: readonly OutboxMessage[]): Promise<void> {
    await this.database.query(TELL, this.columnsOf(added));
  }

  /** Of these, the ones that were never told; from now on they have been. Waits for whoever is about to tell them. */
  async untold(told: readonly OutboxMessage[]): Promise<OutboxMessage[]> {
    const rows = await this.database.query<{ id: string }>(CLAIM, [told.map(({ id }) => id)]);
    const claimed = new Set(rows.map(({ id }) => id));
    return told.filter(({ id }) => claimed.has(id));
  }

  /** Messages as the parameters of a statement. */
  columnsOf(added: readonly OutboxMessage[]): unknown[] {
    return [
      added.map(({ id }) => id),
      added.map(({ topic }) => topic),
      added.map(({ orderKey }) => this.settings.firstLane + laneOf(orderKey, this.settings.lanes)),
      added.map(({ payload }) => JSON.stringify(payload)),
    ];
  }
}

/** A stable, even spread of keys over lanes. */
export function laneOf(orderKey: string, lanes: number): number {
  return createHash('sha256').update(orderKey).digest().readUInt32BE(0) % lanes;
}
