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

  async removeAll(userId: string): Promise<void> {
    await this.database.query('DELETE FROM user_service.mfa_factors WHERE user_id = $1', [userId]);
    await this.database.query('DELETE FROM user_service.recovery_codes WHERE user_id = $1', [userId]);
    await this.database.query('DELETE FROM user_service.mfa_challenges WHERE user_id = $1', [userId]);
  }
}
