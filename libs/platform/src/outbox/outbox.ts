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
}

/** The delivery queue in PostgreSQL: what is appended commits or vanishes with the change that caused it. */
@Injectable()
export class Outbox {
  constructor(
    private readonly database: Database,
    private readonly settings: OutboxSettings,
  ) {}

  /** Appends messages inside of the running unit of work (outside of one PostgreSQL refuses the write). */
  async append(messages: readonly OutboxMessage[]): Promise<void> {
    await this.database.query(
      `INSERT INTO user_service.outbox (id, topic, lane, payload)
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::jsonb[])`,
      [
        messages.map(({ id }) => id),
        messages.map(({ topic }) => topic),
        messages.map(({ orderKey }) => laneOf(orderKey, this.settings.lanes)),
        messages.map(({ payload }) => JSON.stringify(payload)),
      ],
    );
  }
}

/** A stable, even spread of keys over lanes. */
export function laneOf(orderKey: string, lanes: number): number {
  return createHash('sha256').update(orderKey).digest().readUInt32BE(0) % lanes;
}
