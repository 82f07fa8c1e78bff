import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Ids } from '#kernel';
import { Keyring } from '#platform/crypto';
import { Database } from '#platform/persistence';

import { PasskeyChallenges, type PasskeyPurpose } from '../../application/passkey-ports.js';

// WebAuthn §13.4.3: 16 random bytes at least.
const RANDOM_BITS = 256;
// 32 random bytes, 8 for the time, 32 for the HMAC: all base64url of them is made of whole bytes, as browsers send it back.
const TIME_AT = 32;
const MAC_AT = 40;

type OfUser = Exclude<PasskeyPurpose, { userId: null }>;

/**
 * A challenge of a user is a row, one at a time for each purpose. One for anybody is signed instead, and becomes a row
 * only when it is spent, by a passkey of ours: nobody fills the table by asking.
 */
@Injectable()
export class PostgresPasskeyChallenges extends PasskeyChallenges {
  readonly #key: Buffer;

  constructor(
    private readonly database: Database,
    private readonly ids: Ids,
    keyring: Keyring,
  ) {
    super();
    this.#key = keyring.derive('passkey-sign-in-challenge');
  }

  async issue(purpose: PasskeyPurpose, expiresAt: Date): Promise<string> {
    const random = this.ids.secret(RANDOM_BITS);
    if (purpose.userId === null) {
      return this.signed(Buffer.concat([Buffer.from(random, 'base64url'), timeBytes(expiresAt)]));
    }
    const { name, userId, bond } = purpose;
    await this.database.change(
      `WITH before AS (
         DELETE FROM user_service.passkey_challenges
          WHERE user_id = $3 AND purpose = $2 AND bond = $4)
       INSERT INTO user_service.passkey_challenges (hash, purpose, user_id, bond, expires_at)
       VALUES ($1, $2, $3, $4, $5)`,
      [hashOf(random), name, userId, bond, expiresAt],
    );
    return random;
  }

  spend(challenge: string, purpose: PasskeyPurpose, now: Date): Promise<boolean> {
    return purpose.userId === null ? this.spendSigned(challenge, now) : this.spendStored(challenge, purpose, now);
  }

  private async spendStored(challenge: string, { name, userId, bond }: OfUser, now: Date): Promise<boolean> {
    const rows = await this.database.change(
      `UPDATE user_service.passkey_challenges SET used_at = $5
        WHERE hash = $1 AND purpose = $2 AND user_id = $3 AND bond = $4
          AND used_at IS NULL AND expires_at > $5
       RETURNING 1`,
      [hashOf(challenge), name, userId, bond, now],
    );
    return rows.length > 0;
  }

  private async spendSigned(challenge: string, now: Date): Promise<boolean> {
    const claims = Buffer.from(challenge, 'base64url').subarray(0, MAC_AT);
    const presented = Buffer.from(challenge);
    const expected = Buffer.from(this.signed(claims));
    if (presented.length !== expected.length || !timingSafeEqual(presented, expected)) return false;
    const expiresAt = new Date(Number(claims.readBigUInt64BE(TIME_AT)));
    if (expiresAt <= now) return false;
    const rows = await this.database.change(
      `INSERT INTO user_service.passkey_challenges (hash, purpose, expires_at, used_at) VALUES ($1, 'sign_in', $2, $3)
       ON CONFLICT (hash) DO NOTHING RETURNING 1`,
      [hashOf(challenge), expiresAt, now],
    );
    return rows.length > 0;
  }

  private signed(claims: Buffer): string {
    return Buffer.concat([claims, createHmac('sha256', this.#key).update(claims).digest()]).toString('base64url');
  }
}

// 256 random bits need no salt and no slow hash (OWASP ASVS 5.0 §11.4).
function hashOf(challenge: string): Buffer {
  return createHash('sha256').update(challenge).digest();
}

/** Milliseconds since the epoch. */
function timeBytes(time: Date): Buffer {
  const bytes = Buffer.alloc(MAC_AT - TIME_AT);
  bytes.writeBigUInt64BE(BigInt(time.getTime()));
  return bytes;
}
