import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Database, orOutage, PLANNED_ANEW } from '#platform/persistence';

import { type ClaimedMail, MailStore, type QueuedMail } from './mail-store.js';
import type { MailLanguage } from './mail.js';

interface Payload {
  readonly template: string;
  readonly userId: string;
  readonly language: MailLanguage;
  /** base64 */
  readonly sealed: string;
}

interface Row {
  readonly id: string;
  readonly payload: Payload;
  readonly attempts: number;
  readonly age_seconds: number;
}

// Only the mails of one person have an order, and the dispatcher keeps it, so one lane does for all. Naming it lets the index answer.
const LANE = 0;

const DUE = `topic = 'mail' AND lane = ${String(LANE)} AND available_at <= now() AND (lease_until IS NULL OR lease_until < now())`;

/** Rows of `outbox` with the topic `mail`. All times are the database's, so that the instances' clocks do not matter. */
@Injectable()
export class PostgresMailStore extends MailStore {
  // Tells this process's leases from those of others and of its own past.
  private readonly owner = randomUUID();

  constructor(private readonly database: Database) {
    super();
  }

  async add({ id, template, userId, language, sealed }: QueuedMail): Promise<void> {
    const payload: Payload = { template, userId, language, sealed: sealed.toString('base64') };
    await orOutage(
      this.database.query(`INSERT INTO user_service.outbox (id, topic, lane, payload) VALUES ($1, 'mail', $2, $3)`, [
        ...[id, LANE, JSON.stringify(payload)],
      ]),
    );
  }

  async claim(limit: number, leaseSeconds: number): Promise<ClaimedMail[]> {
    // Most polls find nothing: one read instead of a whole transaction.
    const due = await this.database.query(`${PLANNED_ANEW} SELECT 1 FROM user_service.outbox WHERE ${DUE} LIMIT 1`);
    if (due.length === 0) return [];
    // Ids are UUIDv7: they tell what was queued first, also of two transactions that began the other way round.
    const rows = await this.database.change<Row>(
      `${PLANNED_ANEW} WITH due AS (
         SELECT id FROM user_service.outbox WHERE ${DUE}
          ORDER BY available_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
       ), claimed AS (
         UPDATE user_service.outbox AS o
            SET lease_until = now() + make_interval(secs => $2), lease_owner = $3, attempts = o.attempts + 1
           FROM due WHERE o.id = due.id
         RETURNING o.id, o.payload, o.attempts, o.created_at
       )
       SELECT id, payload, attempts, extract(epoch FROM now() - created_at)::float8 AS age_seconds
         FROM claimed ORDER BY id`,
      [limit, leaseSeconds, this.owner],
    );
    return rows.map(({ id, payload, attempts, age_seconds }) => ({
      id,
      template: payload.template,
      userId: payload.userId,
      language: payload.language,
      sealed: Buffer.from(payload.sealed, 'base64'),
      attempts,
      ageSeconds: age_seconds,
    }));
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.change('DELETE FROM user_service.outbox WHERE id = ANY ($1::uuid[]) AND lease_owner = $2', [
      ids,
      this.owner,
    ]);
  }

  async postpone(id: string, seconds: number): Promise<void> {
    await this.database.change(
      `UPDATE user_service.outbox
          SET available_at = now() + make_interval(secs => $3), lease_until = NULL, lease_owner = NULL
        WHERE id = $1 AND lease_owner = $2`,
      [id, this.owner, seconds],
    );
  }

  async park(id: string): Promise<void> {
    await this.database.change(
      `UPDATE user_service.outbox SET available_at = 'infinity', lease_until = NULL, lease_owner = NULL
        WHERE id = $1 AND lease_owner = $2`,
      [id, this.owner],
    );
  }

  async release(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.change(
      `UPDATE user_service.outbox SET attempts = attempts - 1, lease_until = NULL, lease_owner = NULL
        WHERE id = ANY ($1::uuid[]) AND lease_owner = $2`,
      [ids, this.owner],
    );
  }
}
