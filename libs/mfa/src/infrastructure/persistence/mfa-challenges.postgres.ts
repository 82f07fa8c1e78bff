import { createHash, createHmac } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { DataKeys, Keyring } from '#platform/crypto';
import { Database } from '#platform/persistence';

import { MfaChallenges, type NewChallenge, type OpenChallenge } from '../../application/ports.js';

interface Row {
  readonly id: string;
  readonly user_id: string;
  readonly security_epoch: number;
  readonly continuation_enc: Buffer;
}

@Injectable()
export class PostgresMfaChallenges extends MfaChallenges {
  readonly #deviceKey: Buffer;

  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    keyring: Keyring,
  ) {
    super();
    this.#deviceKey = keyring.derive('mfa-device');
  }

  async issue({ id, token, userId, purpose, securityEpoch, ...rest }: NewChallenge): Promise<void> {
    const key = await this.dataKeys.forUser(userId);
    await this.database.query(
      `INSERT INTO user_service.mfa_challenges (id, token_hash, user_id, purpose, security_epoch, device_hash,
                                                continuation_enc, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        ...[id, hashOf(token), userId, purpose, securityEpoch, this.deviceHash(rest.device)],
        ...[key.seal(rest.continuation, placeOf(id)), rest.issuedAt, rest.expiresAt],
      ],
    );
  }

  async find(token: string, device: string, now: Date): Promise<OpenChallenge | null> {
    const [row] = await this.database.query<Row>(
      `SELECT id, user_id, security_epoch, continuation_enc FROM user_service.mfa_challenges
        WHERE token_hash = $1 AND device_hash = $2 AND purpose = 'sign_in' AND used_at IS NULL AND expires_at > $3`,
      [hashOf(token), this.deviceHash(device), now],
    );
    if (row === undefined) return null;
    const key = await this.dataKeys.forUser(row.user_id);
    const continuation = key.open(row.continuation_enc, placeOf(row.id)).toString('utf8');
    return { id: row.id, userId: row.user_id, securityEpoch: row.security_epoch, continuation };
  }

  async close(id: string, now: Date): Promise<boolean> {
    const closed = await this.database.query(
      `UPDATE user_service.mfa_challenges SET used_at = $2
        WHERE id = $1 AND used_at IS NULL AND expires_at > $2 RETURNING id`,
      [id, now],
    );
    return closed.length > 0;
  }

  // What browsers call themselves is personal enough to be of no use to whoever steals the table.
  private deviceHash(device: string): Buffer {
    return createHmac('sha256', this.#deviceKey).update(device).digest();
  }
}

// 256 random bits need no salt and no slow hash (OWASP ASVS 5.0 §11.4).
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function placeOf(id: string): string {
  return `mfa_challenges/continuation_enc/${id}`;
}
