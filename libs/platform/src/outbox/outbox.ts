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
