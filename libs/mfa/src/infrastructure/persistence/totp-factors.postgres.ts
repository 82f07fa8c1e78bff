import { Injectable } from '@nestjs/common';

import { DataKeys, DecryptionFailed } from '#platform/crypto';
import { IdempotencyStore, SecurityLog } from '#platform/http';
import { Database } from '#platform/persistence';

import { TotpFactors, type TotpFactor } from '../../application/ports.js';
import { FactorUnreadable } from '../../domain/errors.js';

interface Row {
  readonly id: string;
  readonly secret_enc: Buffer;
  /** A bigint, which the driver gives as text. */
  readonly last_used_step: string | null;
}

const SELECT = `SELECT id, secret_enc, last_used_step FROM user_service.mfa_factors WHERE user_id = $1 AND method = 'totp'`;

const ENROLMENT_ROUTE = 'POST /api/v1/users/me/mfa/totp';

// An enrolment that is begun again takes the place of the one before, never that of a confirmed factor.
const PROPOSE = `
  INSERT INTO user_service.mfa_factors AS f (id, user_id, method, secret_enc, created_at) VALUES ($1, $2, 'totp', $3, $4)
  ON CONFLICT (user_id) WHERE method = 'totp' DO UPDATE
    SET id = excluded.id, secret_enc = excluded.secret_enc, created_at = excluded.created_at
    WHERE f.confirmed_at IS NULL
  RETURNING id`;

@Injectable()
export class PostgresTotpFactors extends TotpFactors {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly answers: IdempotencyStore,
    private readonly securityLog: SecurityLog,
  ) {
    super();
  }

  async propose(userId: string, id: string, secret: Uint8Array, now: Date): Promise<boolean> {
    const key = await this.dataKeys.forUser(userId);
    const sealed = key.seal(Buffer.from(secret), placeOf(id));
    return (await this.database.query(PROPOSE, [id, userId, sealed, now])).length > 0;
  }

  proposed(userId: string, since: Date): Promise<TotpFactor | null> {
    return this.find(userId, 'confirmed_at IS NULL AND created_at >= $2', [since]);
  }

  confirmed(userId: string): Promise<TotpFactor | null> {
    return this.find(userId, 'confirmed_at IS NOT NULL', []);
  }

  async confirm(id: string, step: number, now: Date): Promise<boolean> {
    const [confirmed] = await this.database.query<{ user_id: string }>(
      `UPDATE user_service.mfa_factors SET confirmed_at = $3, last_used_at = $3, last_used_step = $2
        WHERE id = $1 AND confirmed_at IS NULL RETURNING user_id`,
      [id, step, now],
    );
    if (confirmed === undefined) return false;
    // The answer that holds its secret would be given again for a day.
    await this.answers.forget({ route: ENROLMENT_ROUTE, caller: `user:${confirmed.user_id}` });
    return true;
  }

  async spend(id: string, step: number, now: Date): Promise<boolean> {
    const spent = await this.database.query(
      `UPDATE user_service.mfa_factors SET last_used_step = $2, last_used_at = $3
        WHERE id = $1 AND confirmed_at IS NOT NULL AND (last_used_step IS NULL OR last_used_step < $2) RETURNING id`,
      [id, step, now],
    );
    return spent.length > 0;
  }

  async remove(userId: string): Promise<'confirmed' | 'proposed' | 'none'> {
    const [row] = await this.database.query<{ confirmed_at: Date | null }>(
      `DELETE FROM user_service.mfa_factors WHERE user_id = $1 AND method = 'totp' RETURNING confirmed_at`,
      [userId],
    );
    if (row === undefined) return 'none';
    return row.confirmed_at === null ? 'proposed' : 'confirmed';
  }

  private async find(userId: string, condition: string, values: readonly unknown[]): Promise<TotpFactor | null> {
    const [row] = await this.database.query<Row>(`${SELECT} AND ${condition}`, [userId, ...values]);
    if (row === undefined) return null;
    const { id, last_used_step: lastStep } = row;
    return { id, secret: await this.open(userId, row), lastStep: lastStep === null ? null : Number(lastStep) };
  }

  /** Altered, or of another row: nobody gets in by it, and whoever watches the security log learns of it. */
  private async open(userId: string, { id, secret_enc: sealed }: Row): Promise<Uint8Array> {
    try {
      return (await this.dataKeys.forUser(userId)).open(sealed, placeOf(id));
    } catch (error) {
      if (!(error instanceof DecryptionFailed)) throw error;
      this.securityLog.event('crypt_decrypt_fail', { topic: 'mfa_factors' });
      throw new FactorUnreadable({ cause: error });
    }
  }
}

function placeOf(id: string): string {
  return `mfa_factors/secret_enc/${id}`;
}
