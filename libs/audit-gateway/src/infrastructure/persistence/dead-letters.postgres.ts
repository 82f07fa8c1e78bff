import { Injectable } from '@nestjs/common';

import { OutboxSettings } from '#platform/outbox';
import { Database } from '#platform/persistence';

import { DeadLetters } from '../../application/dead-letters.js';
import type { DeadLetter } from '../../domain/dead-letter.js';
import { OUTBOX_CHANNEL } from './outbox-channel.js';

const COLUMNS = `id, event_id AS "eventId", payload ->> 'type' AS type, lane, sequence::text AS sequence, code, detail,
                 attempts, created_at AS "createdAt"`;

@Injectable()
export class PostgresDeadLetters extends DeadLetters {
  constructor(
    private readonly database: Database,
    private readonly settings: OutboxSettings,
  ) {
    super();
  }

  list(limit: number, after?: string): Promise<DeadLetter[]> {
    // Ids are UUIDv7: their order is that of the refusals.
    return this.database.query(
      `SELECT ${COLUMNS} FROM user_service.outbox_dead_letters WHERE $2::uuid IS NULL OR id > $2 ORDER BY id LIMIT $1`,
      [limit, after ?? null],
    );
  }

  async find(id: string): Promise<(DeadLetter & { readonly event: unknown }) | null> {
    const [found] = await this.database.query<DeadLetter & { readonly event: unknown }>(
      `SELECT ${COLUMNS}, payload AS event FROM user_service.outbox_dead_letters WHERE id = $1`,
      [id],
    );
    return found ?? null;
  }

  /**
   * As it was, place and hash included; but if the receiver has another event in that place, which a database that was
   * restored to an earlier point gives twice, it gets a new one.
   */
  async requeue(id: string): Promise<DeadLetter | null> {
    const [found] = await this.database.query<DeadLetter>(
      `WITH gone AS (
         DELETE FROM user_service.outbox_dead_letters WHERE id = $1 RETURNING *
       ), queued AS (
         INSERT INTO user_service.outbox (id, topic, lane, payload, sequence, prevhash, hash, attempts, created_at)
         SELECT event_id, 'audit', CASE WHEN moves THEN $3::int + lane % $4::int ELSE lane END, payload,
                CASE WHEN NOT moves THEN sequence END, CASE WHEN NOT moves THEN prevhash END,
                CASE WHEN NOT moves THEN hash END, attempts, event_at
           FROM gone CROSS JOIN LATERAL (SELECT code = 'sequence_conflict' AS moves) AS place
       )
       SELECT ${COLUMNS}, pg_notify($2, 'retried') FROM gone`,
      [id, OUTBOX_CHANNEL, this.settings.firstLane, this.settings.lanes],
    );
    return found ?? null;
  }

  async remove(id: string): Promise<DeadLetter | null> {
    const [found] = await this.database.query<DeadLetter>(
      `DELETE FROM user_service.outbox_dead_letters WHERE id = $1 RETURNING ${COLUMNS}`,
      [id],
    );
    return found ?? null;
  }
}
