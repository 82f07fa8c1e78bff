import { Injectable } from '@nestjs/common';

import { BlindIndex, DataKeys } from '#platform/crypto';
import { Database } from '#platform/persistence';

import { UserQueries, type StoredAccount, type StoredCredentials, type UserProfile } from '../../application/ports.js';
import type { Email } from '../../domain/email.js';
import type { Locale, Role, UserStatus } from '../../domain/user.js';
import { AccountCache } from './account-cache.js';
import { openUser } from './sealed-user.js';

interface ProfileRow {
  readonly id: string;
  readonly email_enc: Buffer;
  readonly profile_enc: Buffer;
  readonly email_verified_at: Date | null;
  readonly status: UserStatus;
  readonly roles: Role[];
  readonly locale: Locale;
  readonly mfa_enabled: boolean;
  readonly security_epoch: number;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly wrapped_key: Buffer;
  readonly kek_id: string;
}

type CredentialsRow = ProfileRow & { readonly password_hash: string };

const COLUMNS = `u.id, u.email_enc, u.profile_enc, u.email_verified_at, u.status, u.roles, u.locale, u.mfa_enabled,
  u.security_epoch, u.version, u.created_at, u.updated_at, k.wrapped_key, k.kek_id`;
const FROM = 'FROM user_service.users u JOIN user_service.user_keys k ON k.user_id = u.id';

@Injectable()
export class PostgresUserQueries extends UserQueries {
  constructor(
    private readonly database: Database,
    private readonly dataKeys: DataKeys,
    private readonly blindIndex: BlindIndex,
    private readonly cache: AccountCache,
  ) {
    super();
  }

  async profileOf(userId: string): Promise<UserProfile | null> {
    return (await this.accountOf(userId))?.profile ?? null;
  }

  async idOf(by: { readonly id: string } | { readonly email: Email }): Promise<string | null> {
    const [where, value] =
      'id' in by ? (['id = $1', by.id] as const) : (['email_index = $1', this.blindIndex.of(by.email.value)] as const);
    const [row] = await this.database.query<{ id: string }>(`SELECT id FROM user_service.users WHERE ${where}`, [
      value,
    ]);
    return row?.id ?? null;
  }

  // Only a caller who names a version may get, or leave, what is remembered: in a unit of work that changes the account
  // nobody does.
  async accountOf(userId: string, atLeast?: number): Promise<StoredAccount | null> {
    const known = atLeast === undefined ? null : this.cache.get(userId, atLeast);
    if (known !== null) return known;
    const account = await this.readAccount(userId);
    if (account !== null && atLeast !== undefined) this.cache.keep(userId, account);
    return account;
  }

  remembered(userId: string, atLeast: number): StoredAccount | null {
    return this.cache.get(userId, atLeast);
  }

  private async readAccount(userId: string): Promise<StoredAccount | null> {
    const [row] = await this.database.query<ProfileRow>(`SELECT ${COLUMNS} ${FROM} WHERE u.id = $1`, [userId]);
    return row === undefined ? null : { profile: this.open(row), securityEpoch: row.security_epoch };
  }

  credentialsOf(email: Email): Promise<StoredCredentials | null> {
    return this.credentials('u.email_index = $1', this.blindIndex.of(email.value));
  }

  credentialsOfId(userId: string): Promise<StoredCredentials | null> {
    return this.credentials('u.id = $1', userId);
  }

  private async credentials(where: string, value: unknown): Promise<StoredCredentials | null> {
    const [row] = await this.database.query<CredentialsRow>(
      `SELECT ${COLUMNS}, u.password_hash ${FROM} WHERE ${where}`,
      [value],
    );
    if (row === undefined) return null;
    return { profile: this.open(row), passwordHash: row.password_hash, securityEpoch: row.security_epoch };
  }

  async holdEpoch(userId: string, securityEpoch: number): Promise<boolean> {
    const held = await this.database.query(
      `SELECT 1 FROM user_service.users
        WHERE id = $1 AND security_epoch = $2 AND status = 'active' FOR NO KEY UPDATE`,
      [userId, securityEpoch],
    );
    return held.length > 0;
  }

  private open(row: ProfileRow): UserProfile {
    const key = this.dataKeys.unwrap(row.id, { wrapped: row.wrapped_key, kekId: row.kek_id });
    const { email, displayName, phone } = openUser(
      { id: row.id, emailEnc: row.email_enc, profileEnc: row.profile_enc },
      key,
    );
    return {
      id: row.id,
      email,
      emailVerified: row.email_verified_at !== null,
      displayName,
      locale: row.locale,
      phone,
      roles: row.roles,
      mfaEnabled: row.mfa_enabled,
      status: row.status,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      version: row.version,
    };
  }
}
