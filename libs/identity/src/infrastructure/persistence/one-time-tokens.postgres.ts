import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { DataKeys } from '#platform/crypto';
import { Database } from '#platform/persistence';

import { OneTimeTokens, type OneTimePurpose, type OneTimeToken, type SpentToken } from '../../application/ports.js';
import { Email } from '../../domain/email.js';
import type { PendingRegistration } from '../../domain/user.js';

interface RegistrationRow {
  readonly hash: Buffer;
  readonly registration_enc: Buffer | null;
  readonly signed_up_at: Date | null;
}

type SpentRow = RegistrationRow & {
  readonly user_id: string;
  readonly security_epoch: number;
  readonly address_enc: Buffer | null;
  readonly created_at: Date;
};

@Injectable()
export class PostgresOneTimeTokens extends OneTimeTokens {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
  ) {
    super();
  }

  async issue({ token, purpose, userId, securityEpoch, issuedAt, expiresAt, ...rest }: OneTimeToken): Promise<void> {
    const hash = hashOf(token);
    const sealed = rest.registration && (await this.seal(userId, hash, rest.registration));
    const address = rest.address && (await this.sealAddress(userId, hash, rest.address));
    await this.database.query(
      `INSERT INTO user_service.one_time_tokens (hash, purpose, user_id, security_epoch, created_at, expires_at,
                                                 registration_enc, signed_up_at, address_enc)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        ...[hash, purpose, userId, securityEpoch, issuedAt, expiresAt],
        ...[sealed, rest.registration?.signedUpAt ?? null, address ?? null],
      ],
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

  async ownerOf(token: string, purpose: OneTimePurpose, now: Date): Promise<string | null> {
    const [row] = await this.database.query<{ user_id: string }>(
      `SELECT user_id FROM user_service.one_time_tokens
        WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3`,
      [hashOf(token), purpose, now],
    );
    return row?.user_id ?? null;
  }

  async consume(token: string, purpose: OneTimePurpose, now: Date): Promise<SpentToken | null> {
    const [row] = await this.database.query<SpentRow>(
      `UPDATE user_service.one_time_tokens SET used_at = $3
        WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
       RETURNING hash, user_id, security_epoch, registration_enc, signed_up_at, address_enc, created_at`,
      [hashOf(token), purpose, now],
    );
    if (row === undefined) return null;
    const { user_id: userId, security_epoch: securityEpoch, created_at: issuedAt } = row;
    const [registration, address] = [await this.open(userId, row), await this.openAddress(row)];
    return { securityEpoch, registration, address, issuedAt };
  }

  async addressesOf(userId: string, purpose: OneTimePurpose, now: Date): Promise<Email[]> {
    const rows = await this.database.query<Pick<SpentRow, 'user_id' | 'hash' | 'address_enc'>>(
      `SELECT user_id, hash, address_enc FROM user_service.one_time_tokens
        WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 AND address_enc IS NOT NULL
        ORDER BY created_at`,
      [userId, purpose, now],
    );
    const addresses: Email[] = [];
    for (const row of rows) {
      const address = await this.openAddress(row);
      if (address !== null && !addresses.some(({ value }) => value === address.value)) addresses.push(address);
    }
    return addresses;
  }

  voidAll(userId: string, purpose: OneTimePurpose, now: Date): Promise<void> {
    return this.voidSince(userId, purpose, new Date(0), now);
  }

  async voidSince(userId: string, purpose: OneTimePurpose, since: Date, now: Date): Promise<void> {
    await this.database.query(
      `UPDATE user_service.one_time_tokens
          SET used_at = coalesce(used_at, $4), registration_enc = NULL, address_enc = NULL
        WHERE user_id = $1 AND purpose = $2 AND created_at >= $3
          AND (used_at IS NULL OR registration_enc IS NOT NULL OR address_enc IS NOT NULL)`,
      [userId, purpose, since, now],
    );
  }

  async earliestRegistration(userId: string, now: Date): Promise<PendingRegistration | null> {
    const [row] = await this.database.query<RegistrationRow>(
      `SELECT hash, registration_enc, signed_up_at FROM user_service.one_time_tokens
        WHERE user_id = $1 AND purpose = 'email_verification' AND used_at IS NULL AND registration_enc IS NOT NULL
        ORDER BY expires_at > $2 DESC, signed_up_at, created_at LIMIT 1`,
      [userId, now],
    );
    return row === undefined ? null : this.open(userId, row);
  }

  private async seal(userId: string, hash: Buffer, registration: PendingRegistration): Promise<Buffer> {
    const { passwordHash, profile, consents } = registration;
    const key = await this.dataKeys.forUser(userId);
    return key.seal(JSON.stringify({ passwordHash, profile, consents }), placeOf(hash));
  }

  private async open(userId: string, row: RegistrationRow): Promise<PendingRegistration | null> {
    if (row.registration_enc === null || row.signed_up_at === null) return null;
    const key = await this.dataKeys.forUser(userId);
    const text = key.open(row.registration_enc, placeOf(row.hash)).toString('utf8');
    const { passwordHash, profile, consents } = JSON.parse(text) as Omit<PendingRegistration, 'signedUpAt'>;
    return { passwordHash, profile, consents, signedUpAt: row.signed_up_at };
  }

  private async sealAddress(userId: string, hash: Buffer, address: Email): Promise<Buffer> {
    return (await this.dataKeys.forUser(userId)).seal(address.value, addressPlaceOf(hash));
  }

  private async openAddress({
    user_id: userId,
    hash,
    address_enc: sealed,
  }: Pick<SpentRow, 'user_id' | 'hash' | 'address_enc'>): Promise<Email | null> {
    if (sealed === null) return null;
    const key = await this.dataKeys.forUser(userId);
    return Email.stored(key.open(sealed, addressPlaceOf(hash)).toString('utf8'));
  }
}

// 256 random bits need no salt and no slow hash (OWASP ASVS 5.0 §11.4).
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function addressPlaceOf(hash: Buffer): string {
  return `one_time_tokens/address_enc/${hash.toString('hex')}`;
}

function placeOf(hash: Buffer): string {
  return `one_time_tokens/registration_enc/${hash.toString('hex')}`;
}
