import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { DataKeys } from '#platform/crypto';
import { Database, ExpiredRows } from '#platform/persistence';

import {
  TrustedDevices,
  type NewTrust,
  type TrustedDevice,
  type TrustLimit,
  type TrustSubject,
} from '../../application/trusted-devices.js';

interface Row {
  readonly id: string;
  readonly label_enc: Buffer | null;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly expires_at: Date;
}

/** Until when a device `d` is trusted. A day has 24 hours here, also where clocks are put forward. */
const until = (mostDays: string): string => `LEAST(d.expires_at, d.created_at + ${mostDays} * interval '24 hours')`;

// As many devices as one can be known on.
const MOST = 20;

@Injectable()
export class PostgresTrustedDevices extends TrustedDevices {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
  ) {
    super();
  }

  async add({ id, userId, deviceToken, securityEpoch, label, createdAt, expiresAt }: NewTrust): Promise<void> {
    const hash = hashOf(deviceToken);
    const sealed = label === null ? null : (await this.dataKeys.forUser(userId)).seal(label, placeOf(id));
    await this.database.query(
      `WITH most AS (
         DELETE FROM user_service.mfa_trusted_devices WHERE id IN (
           SELECT id FROM user_service.mfa_trusted_devices WHERE user_id = $2 AND device_hash <> $3
            ORDER BY created_at DESC OFFSET ${String(MOST - 1)}))
       INSERT INTO user_service.mfa_trusted_devices
         (id, user_id, device_hash, security_epoch, label_enc, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (user_id, device_hash) DO UPDATE
          SET id = excluded.id, security_epoch = excluded.security_epoch, label_enc = excluded.label_enc,
              created_at = excluded.created_at, last_used_at = NULL, expires_at = excluded.expires_at`,
      [id, userId, hash, securityEpoch, sealed, createdAt, expiresAt],
    );
  }

  async use({ userId, deviceToken, securityEpoch }: TrustSubject, { now, mostDays }: TrustLimit): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE user_service.mfa_trusted_devices d SET last_used_at = $4
        WHERE user_id = $1 AND device_hash = $2 AND security_epoch = $3 AND ${until('$5')} > $4
       RETURNING 1`,
      [userId, hashOf(deviceToken), securityEpoch, now, mostDays],
    );
    return rows.length > 0;
  }

  async listOf(userId: string, { now, mostDays }: TrustLimit): Promise<TrustedDevice[]> {
    const rows = await this.database.query<Row>(
      `SELECT d.id, d.label_enc, d.created_at, d.last_used_at, ${until('$3')} AS expires_at
         FROM user_service.mfa_trusted_devices d JOIN user_service.account_states a ON a.id = d.user_id
        WHERE d.user_id = $1 AND d.security_epoch = a.security_epoch AND ${until('$3')} > $2
        ORDER BY d.created_at DESC, d.id DESC`,
      [userId, now, mostDays],
    );
    const devices: TrustedDevice[] = [];
    for (const { id, created_at: createdAt, last_used_at: lastUsedAt, expires_at: expiresAt, ...row } of rows) {
      devices.push({ id, label: await this.open(userId, id, row.label_enc), createdAt, lastUsedAt, expiresAt });
    }
    return devices;
  }

  async remove(userId: string, id?: string): Promise<number> {
    const rows = await this.database.query(
      `DELETE FROM user_service.mfa_trusted_devices WHERE user_id = $1 AND ($2::uuid IS NULL OR id = $2) RETURNING 1`,
      [userId, id ?? null],
    );
    return rows.length;
  }

  private async open(userId: string, id: string, sealed: Buffer | null): Promise<string | null> {
    return sealed && (await this.dataKeys.forUser(userId)).open(sealed, placeOf(id)).toString('utf8');
  }
}

/** Forgets devices that are trusted no more. */
@Injectable()
export class ExpiredTrustedDevices extends ExpiredRows {
  constructor(database: Database, uow: UnitOfWork) {
    super(database, uow, 'mfa_trusted_devices');
  }
}

// 256 random bits need no salt and no slow hash (OWASP ASVS 5.0 §11.4).
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function placeOf(id: string): string {
  return `mfa_trusted_devices/label_enc/${id}`;
}
