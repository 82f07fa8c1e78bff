import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';
import { RequestContext, type RequestInfo } from '#platform/context';
import { FieldCipher } from '#platform/crypto';
import { Database } from '#platform/persistence';

import { RecoveryRequests, type RecoveryRequest } from '../../application/ports.js';
import { Email } from '../../domain/email.js';
import { RecoveryWake } from '../recovery-wake.js';

interface Row {
  readonly id: string;
  readonly email_enc: Buffer;
  readonly origin_enc: Buffer;
  readonly age_seconds: number;
}

/** A request as it waits, with the one in which it was made. */
export interface WaitingRequest extends RecoveryRequest {
  readonly origin: RequestInfo;
  readonly ageSeconds: number;
}

/** Rows of `recovery_requests`. Address and origin are sealed with the service's key: they may be nobody's. */
@Injectable()
export class PostgresRecoveryRequests extends RecoveryRequests {
  constructor(
    private readonly database: Database,
    private readonly cipher: FieldCipher,
    private readonly context: RequestContext,
    private readonly ids: Ids,
    private readonly wake: RecoveryWake,
  ) {
    super();
  }

  async add(email: Email): Promise<void> {
    const id = this.ids.uuid();
    const origin = JSON.stringify(this.context.info ?? { requestId: id, language: 'en' });
    await this.database.query(
      'INSERT INTO user_service.recovery_requests (id, email_enc, origin_enc) VALUES ($1, $2, $3)',
      [
        id,
        this.cipher.seal(email.value, placeOf('email_enc', id)),
        this.cipher.seal(origin, placeOf('origin_enc', id)),
      ],
    );
    this.wake.call();
  }

  async take(id: string): Promise<boolean> {
    const taken = await this.database.query(
      `DELETE FROM user_service.recovery_requests WHERE id = (
         SELECT id FROM user_service.recovery_requests WHERE id = $1 FOR UPDATE SKIP LOCKED) RETURNING id`,
      [id],
    );
    return taken.length > 0;
  }

  /** The oldest that are due, which others may look at as well. */
  async due(limit: number): Promise<readonly Row[]> {
    return this.database.query<Row>(
      `SELECT id, email_enc, origin_enc, extract(epoch FROM now() - created_at)::float8 AS age_seconds
         FROM user_service.recovery_requests WHERE available_at <= now() ORDER BY available_at, id LIMIT $1`,
      [limit],
    );
  }

  /** Throws `DecryptionFailed`. */
  open({ id, ...row }: Row): WaitingRequest {
    const email = this.cipher.open(row.email_enc, placeOf('email_enc', id)).toString('utf8');
    const origin = JSON.parse(
      this.cipher.open(row.origin_enc, placeOf('origin_enc', id)).toString('utf8'),
    ) as RequestInfo;
    return { id, email: Email.stored(email), origin, ageSeconds: row.age_seconds };
  }

  async postpone(id: string, seconds: number): Promise<void> {
    await this.database.change(
      'UPDATE user_service.recovery_requests SET available_at = now() + make_interval(secs => $2) WHERE id = $1',
      [id, seconds],
    );
  }

  async drop(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.change('DELETE FROM user_service.recovery_requests WHERE id = ANY ($1::uuid[])', [ids]);
  }
}

function placeOf(column: string, id: string): string {
  return `recovery_requests/${column}/${id}`;
}
