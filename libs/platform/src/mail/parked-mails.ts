import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { MailWake } from './mail-wake.js';

/** A mail that was set aside: nobody could deliver it, and it waits for an operator. */
export interface ParkedMail {
  readonly id: string;
  readonly template: string;
  readonly userId: string;
  readonly createdAt: Date;
  readonly attempts: number;
}

const PARKED = `topic = 'mail' AND available_at = 'infinity'`;
const MOST = 1_000;

/** The dead letters of the mail queue. What a mail says, and to which address, stays sealed. */
@Injectable()
export class ParkedMails {
  constructor(
    private readonly database: Database,
    private readonly wake: MailWake,
  ) {}

  /** Oldest first, a thousand at most. */
  list(): Promise<ParkedMail[]> {
    return this.database.query<ParkedMail>(
      `SELECT id, payload ->> 'template' AS template, payload ->> 'userId' AS "userId", created_at AS "createdAt", attempts
         FROM user_service.outbox WHERE ${PARKED} ORDER BY id LIMIT ${String(MOST)}`,
    );
  }

  /** Makes one due again, or all, with a whole day of attempts before it; returns how many. */
  async retry(id: string | null): Promise<number> {
    const retried = await this.database.change(
      `UPDATE user_service.outbox SET available_at = now(), created_at = now()
        WHERE ${PARKED} AND ($1::uuid IS NULL OR id = $1) RETURNING id`,
      [id],
    );
    if (retried.length > 0) this.wake.call();
    return retried.length;
  }

  /** `false` when there is no such mail. */
  async discard(id: string): Promise<boolean> {
    const discarded = await this.database.change(
      `DELETE FROM user_service.outbox WHERE ${PARKED} AND id = $1 RETURNING id`,
      [id],
    );
    return discarded.length > 0;
  }
}
