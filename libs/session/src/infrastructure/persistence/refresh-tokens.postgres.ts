import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { RefreshTokens, type FoundRefreshToken, type RefreshToken } from '../../application/ports.js';

@Injectable()
export class PostgresRefreshTokens extends RefreshTokens {
  constructor(private readonly database: Database) {
    super();
  }

  async add({ token, sessionId, generation, issuedAt, expiresAt }: RefreshToken): Promise<void> {
    await this.database.query(
      `INSERT INTO user_service.refresh_tokens (token_hash, session_id, generation, issued_at, expires_at)
       VALUES ($1, $2, $3, $4, $5)`,
      [hashOf(token), sessionId, generation, issuedAt, expiresAt],
    );
  }

  async claim(token: string, now: Date): Promise<{ sessionId: string; generation: number } | null> {
    const [row] = await this.database.query<{ session_id: string; generation: number }>(
      `UPDATE user_service.refresh_tokens SET used_at = $2
        WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
       RETURNING session_id, generation`,
      [hashOf(token), now],
    );
    return row ? { sessionId: row.session_id, generation: row.generation } : null;
  }

  async find(token: string): Promise<FoundRefreshToken | null> {
    const [row] = await this.database.query<{ session_id: string; generation: number; used: boolean }>(
      `SELECT session_id, generation, used_at IS NOT NULL AS used
         FROM user_service.refresh_tokens WHERE token_hash = $1`,
      [hashOf(token)],
    );
    return row ? { sessionId: row.session_id, generation: row.generation, used: row.used } : null;
  }
}

// 256 random bits need no salt and no slow hash (OWASP ASVS 5.0 §11.4).
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
