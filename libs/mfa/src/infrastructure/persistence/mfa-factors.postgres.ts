import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { MfaFactors } from '../../application/ports.js';

@Injectable()
export class PostgresMfaFactors extends MfaFactors {
  constructor(private readonly database: Database) {
    super();
  }

  async count(userId: string): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM user_service.mfa_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL`,
      [userId],
    );
    return row?.count ?? 0;
  }

  async removeSince(userId: string, since: Date): Promise<{ readonly id: string; readonly method: string }[]> {
    const removed = await this.database.query<{ id: string; method: string; confirmed_at: Date | null }>(
      `DELETE FROM user_service.mfa_factors WHERE user_id = $1 AND (confirmed_at IS NULL OR confirmed_at >= $2)
       RETURNING id, method, confirmed_at`,
      [userId, since],
    );
    await this.database.query('DELETE FROM user_service.recovery_codes WHERE user_id = $1 AND created_at >= $2', [
      userId,
      since,
    ]);
    await this.database.query('DELETE FROM user_service.mfa_challenges WHERE user_id = $1', [userId]);
    await this.database.query('DELETE FROM user_service.passkey_challenges WHERE user_id = $1', [userId]);
    return removed.filter((row) => row.confirmed_at !== null);
  }

  async removeAll(userId: string): Promise<void> {
    await this.database.query('DELETE FROM user_service.mfa_factors WHERE user_id = $1', [userId]);
    await this.database.query('DELETE FROM user_service.recovery_codes WHERE user_id = $1', [userId]);
    await this.database.query('DELETE FROM user_service.mfa_challenges WHERE user_id = $1', [userId]);
  }
}
