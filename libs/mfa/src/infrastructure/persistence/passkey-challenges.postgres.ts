import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Database } from '#platform/persistence';

import { PasskeyChallenges, type PasskeyPurpose } from '../../application/passkey-ports.js';

@Injectable()
export class PostgresPasskeyChallenges extends PasskeyChallenges {
  constructor(private readonly database: Database) {
    super();
  }

  async issue(challenge: string, { name, userId, bond }: PasskeyPurpose, expiresAt: Date): Promise<void> {
    await this.database.change(
      `INSERT INTO user_service.passkey_challenges (hash, purpose, user_id, bond, expires_at)
       VALUES ($1, $2, $3, $4, $5)`,
      [hashOf(challenge), name, userId, bond, expiresAt],
    );
  }

  async spend(challenge: string, { name, userId, bond }: PasskeyPurpose, now: Date): Promise<boolean> {
    const rows = await this.database.change(
      `UPDATE user_service.passkey_challenges SET used_at = $5
        WHERE hash = $1 AND purpose = $2 AND user_id IS NOT DISTINCT FROM $3 AND bond IS NOT DISTINCT FROM $4
          AND used_at IS NULL AND expires_at > $5
       RETURNING 1`,
      [hashOf(challenge), name, userId, bond, now],
    );
    return rows.length > 0;
  }
}

// 256 random bits need no salt and no slow hash (OWASP ASVS 5.0 §11.4).
function hashOf(challenge: string): Buffer {
  return createHash('sha256').update(challenge).digest();
}
