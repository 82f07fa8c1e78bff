import { Injectable } from '@nestjs/common';

import { BlindIndex, DataKeys } from '#platform/crypto';
import { Database } from '#platform/persistence';

import { UserQueries, type StoredAccount, type StoredCredentials, type UserProfile } from '../../application/ports.js';
import type { Email } from '../../domain/email.js';
import { AccountCache } from './account-cache.js';
import {
  credentialsFrom,
  PROFILE_COLUMNS,
  PROFILE_FROM,
  profileOf,
  type CredentialsRow,
  type ProfileRow,
} from './profile-row.js';

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
    const [row] = await this.database.query<ProfileRow>(`SELECT ${PROFILE_COLUMNS} ${PROFILE_FROM} WHERE u.id = $1`, [
      userId,
    ]);
    return row === undefined ? null : { profile: profileOf(row, this.dataKeys), securityEpoch: row.security_epoch };
  }

  credentialsOf(email: Email): Promise<StoredCredentials | null> {
    return this.credentials('u.email_index = $1', this.blindIndex.of(email.value));
  }

  credentialsOfId(userId: string): Promise<StoredCredentials | null> {
    return this.credentials('u.id = $1', userId);
  }

  private async credentials(where: string, value: unknown): Promise<StoredCredentials | null> {
    const [row] = await this.database.query<CredentialsRow>(
      `SELECT ${PROFILE_COLUMNS}, u.password_hash ${PROFILE_FROM} WHERE ${where}`,
      [value],
    );
    if (row === undefined) return null;
    return credentialsFrom(row, this.dataKeys);
  }

  async holdEpoch(userId: string, securityEpoch: number): Promise<boolean> {
    const held = await this.database.query(
      `SELECT 1 FROM user_service.users
        WHERE id = $1 AND security_epoch = $2 AND status = 'active' FOR NO KEY UPDATE`,
      [userId, securityEpoch],
    );
    return held.length > 0;
  }
}
