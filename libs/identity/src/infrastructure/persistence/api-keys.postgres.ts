import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { Database } from '#platform/persistence';

import {
  ApiKeyQueries,
  ApiKeyRepository,
  type ApiKeyListing,
  type ApiKeyName,
} from '../../application/api-key-ports.js';
import { ApiKey, type ApiKeyState, type ApiScope } from '../../domain/api-key.js';

interface ListingRow {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: ApiScope[];
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
  readonly rotated_from: string | null;
  readonly created_by: string | null;
  readonly created_at: Date;
  readonly revoked_at: Date | null;
}

type KeyRow = ListingRow & { readonly secret_hash: Buffer };

const LISTED = `id, name, prefix, scopes, expires_at, last_used_at, rotated_from, created_by, created_at, revoked_at`;
const SELECT = `SELECT ${LISTED}, secret_hash FROM user_service.api_keys`;

@Injectable()
export class PostgresApiKeyRepository extends ApiKeyRepository {
  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
  ) {
    super();
  }

  async add(key: ApiKey): Promise<void> {
    const { id, name, prefix, secretHash, scopes, expiresAt, rotatedFrom, createdBy, createdAt } = key.state;
    await this.database.query(
      `INSERT INTO user_service.api_keys
         (id, name, prefix, secret_hash, scopes, expires_at, rotated_from, created_by, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [id, name, prefix, secretHash, scopes, expiresAt, rotatedFrom, createdBy, createdAt],
    );
    this.uow.record(...key.pullEvents());
  }

  async findForUpdate(which: ApiKeyName): Promise<ApiKey | null> {
    const [condition, value] = 'id' in which ? ['id = $1', which.id] : ['prefix = $1', which.prefix];
    const [row] = await this.database.query<KeyRow>(`${SELECT} WHERE ${condition} FOR NO KEY UPDATE`, [value]);
    return row === undefined ? null : ApiKey.restore(stateOf(row));
  }

  // A key never changes but for its end.
  async save(key: ApiKey): Promise<void> {
    const events = key.pullEvents();
    if (events.length === 0) return;
    const { id, revokedAt } = key.state;
    await this.database.query('UPDATE user_service.api_keys SET revoked_at = $2 WHERE id = $1', [id, revokedAt]);
    this.uow.record(...events);
  }

  async touch(id: string, now: Date): Promise<void> {
    await this.database.query(
      `UPDATE user_service.api_keys SET last_used_at = $2
        WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $2::timestamptz - interval '1 minute')`,
      [id, now],
    );
  }
}

@Injectable()
export class PostgresApiKeyQueries extends ApiKeyQueries {
  constructor(private readonly database: Database) {
    super();
  }

  async list(): Promise<ApiKeyListing[]> {
    const rows = await this.database.query<ListingRow>(
      `SELECT ${LISTED} FROM user_service.api_keys ORDER BY created_at DESC, id DESC`,
    );
    return rows.map(listingOf);
  }

  async byPrefix(prefix: string): Promise<ApiKeyState | null> {
    const [row] = await this.database.query<KeyRow>(`${SELECT} WHERE prefix = $1`, [prefix]);
    return row === undefined ? null : stateOf(row);
  }
}

function listingOf(row: ListingRow): ApiKeyListing {
  const { id, name, prefix, scopes } = row;
  return {
    ...{ id, name, prefix, scopes },
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    rotatedFrom: row.rotated_from,
    createdBy: row.created_by,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
}

function stateOf(row: KeyRow): ApiKeyState {
  return { ...listingOf(row), secretHash: row.secret_hash };
}
