import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { RecoveryCodes, type HashedRecoveryCode } from '../../application/ports.js';

@Injectable()
export class PostgresRecoveryCodes extends RecoveryCodes {
  constructor(private readonly database: Database) {
    super();
  }

  async replace(userId: string, codes: readonly HashedRecoveryCode[], now: Date): Promise<void> {
    await this.database.query('DELETE FROM user_service.recovery_codes WHERE user_id = $1', [userId]);
    await this.database.query(
      `INSERT INTO user_service.recovery_codes (user_id, selector, code_hash, created_at)
       SELECT $1, selector, hash, $4 FROM unnest($2::text[], $3::text[]) AS c (selector, hash)`,
      [userId, codes.map(({ selector }) => selector), codes.map(({ hash }) => hash), now],
    );
  }

  async find(userId: string, selector: string): Promise<{ readonly hash: string; readonly used: boolean } | null> {
    const [row] = await this.database.query<{ code_hash: string; used_at: Date | null }>(
      'SELECT code_hash, used_at FROM user_service.recovery_codes WHERE user_id = $1 AND selector = $2',
      [userId, selector],
    );
    return row === undefined ? null : { hash: row.code_hash, used: row.used_at !== null };
  }

  // The hash says that it is still the set which the code was looked up in.
  async spend(userId: string, { selector, hash }: HashedRecoveryCode, now: Date): Promise<number | null> {
    const spent = await this.database.query(
      `UPDATE user_service.recovery_codes SET used_at = $4
        WHERE user_id = $1 AND selector = $2 AND code_hash = $3 AND used_at IS NULL RETURNING selector`,
      [userId, selector, hash, now],
    );
    if (spent.length === 0) return null;
    const [row] = await this.database.query<{ left: number }>(
      'SELECT count(*)::integer AS left FROM user_service.recovery_codes WHERE user_id = $1 AND used_at IS NULL',
      [userId],
    );
    return row?.left ?? 0;
  }
}
