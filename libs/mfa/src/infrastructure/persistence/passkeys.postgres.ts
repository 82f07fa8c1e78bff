import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { BlindIndex, DataKeys, type DataKey } from '#platform/crypto';
import { Database } from '#platform/persistence';

import { Passkeys } from '../../application/passkey-ports.js';
import { Passkey, type PasskeyState } from '../../domain/passkey.js';

interface PasskeyRow {
  readonly id: string;
  readonly user_id: string;
  readonly secret_enc: Buffer;
  /** A `bigint`, which the driver leaves as it is. */
  readonly sign_count: string;
  readonly backup_eligible: boolean;
  readonly backed_up: boolean;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
}

/** What is sealed: it would tell devices apart, or recognise somebody at another service. */
interface SealedCredential {
  readonly credentialId: string;
  /** base64url */
  readonly publicKey: string;
  readonly name: string | null;
  readonly transports: readonly string[];
}

const SELECT = `
  SELECT id, user_id, secret_enc, sign_count, backup_eligible, backed_up, created_at, last_used_at
    FROM user_service.mfa_factors`;

@Injectable()
export class PostgresPasskeys extends Passkeys {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly index: BlindIndex,
    private readonly uow: UnitOfWork,
  ) {
    super();
  }

  async add(passkey: Passkey): Promise<boolean> {
    const { state } = passkey;
    const { id, userId, credentialId, counter, backupEligible, backedUp, createdAt } = state;
    const key = await this.dataKeys.forUser(userId);
    const rows = await this.database.query(
      `INSERT INTO user_service.mfa_factors
         (id, user_id, method, secret_enc, credential_index, sign_count, backup_eligible, backed_up, created_at, confirmed_at)
       VALUES ($1, $2, 'passkey', $3, $4, $5, $6, $7, $8, $8)
       ON CONFLICT (credential_index) WHERE credential_index IS NOT NULL DO NOTHING
       RETURNING 1`,
      [id, userId, seal(state, key), this.indexOf(credentialId), counter, backupEligible, backedUp, createdAt],
    );
    if (rows.length > 0) this.uow.record(...passkey.pullEvents());
    return rows.length > 0;
  }

  async findForUpdate(userId: string, id: string): Promise<Passkey | null> {
    const where = `WHERE id = $1 AND user_id = $2 AND method = 'passkey' FOR UPDATE`;
    const [found] = await this.find(`${SELECT} ${where}`, [id, userId]);
    return found ?? null;
  }

  async findByCredential(credentialId: string): Promise<Passkey | null> {
    const [found] = await this.find(`${SELECT} WHERE credential_index = $1`, [this.indexOf(credentialId)]);
    return found ?? null;
  }

  listOf(userId: string): Promise<Passkey[]> {
    return this.find(`${SELECT} WHERE user_id = $1 AND method = 'passkey' ORDER BY created_at, id`, [userId]);
  }

  // Nothing else about a passkey ever changes.
  async save(passkey: Passkey): Promise<void> {
    const { id, counter, backedUp, lastUsedAt } = passkey.state;
    await this.database.query(
      'UPDATE user_service.mfa_factors SET sign_count = $2, backed_up = $3, last_used_at = $4 WHERE id = $1',
      [id, counter, backedUp, lastUsedAt],
    );
    this.uow.record(...passkey.pullEvents());
  }

  async remove(passkey: Passkey): Promise<void> {
    await this.database.query('DELETE FROM user_service.mfa_factors WHERE id = $1', [passkey.state.id]);
    this.uow.record(...passkey.pullEvents());
  }

  async claimNotice(id: string, now: Date): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE user_service.mfa_factors SET regression_told_at = $2
        WHERE id = $1 AND (regression_told_at IS NULL OR regression_told_at <= $2::timestamptz - interval '1 hour')
       RETURNING 1`,
      [id, now],
    );
    return rows.length > 0;
  }

  private async find(sql: string, parameters: readonly unknown[]): Promise<Passkey[]> {
    const rows = await this.database.query<PasskeyRow>(sql, parameters);
    const found: Passkey[] = [];
    for (const row of rows) found.push(Passkey.restore(stateOf(row, await this.dataKeys.forUser(row.user_id))));
    return found;
  }

  private indexOf(credentialId: string): Buffer {
    return this.index.of(`passkey:${credentialId}`);
  }
}

function seal({ id, credentialId, publicKey, name, transports }: PasskeyState, key: DataKey): Buffer {
  const encoded = Buffer.from(publicKey).toString('base64url');
  const sealed: SealedCredential = { credentialId, publicKey: encoded, name, transports };
  return key.seal(JSON.stringify(sealed), placeOf(id));
}

function stateOf(row: PasskeyRow, key: DataKey): PasskeyState {
  const opened = JSON.parse(key.open(row.secret_enc, placeOf(row.id)).toString('utf8')) as SealedCredential;
  return {
    id: row.id,
    userId: row.user_id,
    credentialId: opened.credentialId,
    publicKey: Buffer.from(opened.publicKey, 'base64url'),
    name: opened.name,
    transports: opened.transports,
    counter: Number(row.sign_count),
    backupEligible: row.backup_eligible,
    backedUp: row.backed_up,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}

function placeOf(id: string): string {
  return `mfa_factors/secret_enc/${id}`;
}
