import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { OneTimeTokens, type OneTimePurpose, type OneTimeToken } from '../../application/ports.js';

@Injectable()
export class PostgresOneTimeTokens extends OneTimeTokens {
  constructor(private readonly database: Database) {
    super();
  }

  async issue({ token, purpose, userId, securityEpoch, issuedAt, expiresAt }: OneTimeToken): Promise<void> {
    await this.database.query(
      `INSERT INTO user_service.one_time_tokens (hash, purpose, user_id, security_epoch, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [hashOf(token), purpose, userId, securityEpoch, issuedAt, expiresAt],
    );
  }

  async countSince(userId: string, purpose: OneTimePurpose, since: Date): Promise<number> {
    const [row] = await this.database.query<{ issued: number }>(
      `SELECT count(*)::integer AS issued FROM user_service.one_time_tokens
        WHERE user_id = $1 AND purpose = $2 AND created_at > $3`,
      [userId, purpose, since],
    );
    return row?.issued ?? 0;
  }

  async consume(
    token: string,
    purpose: OneTimePurpose,
    now: Date,
  ): Promise<{ userId: string; securityEpoch: number } | null> {
    const [row] = await this.database.query<{ user_id: string; security_epoch: number }>(
      `UPDATE user_service.one_time_tokens SET used_at = $3
        WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
       RETURNING user_id, security_epoch`,
      [hashOf(token), purpose, now],
    );
    return row ? { userId: row.user_id, securityEpoch: row.security_epoch } : null;
  }
}

// 256 random bits need no salt and no slow hash (OWASP ASVS 5.0 §11.4).
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
