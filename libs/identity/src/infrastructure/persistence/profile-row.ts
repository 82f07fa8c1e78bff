import type { DataKeys } from '#platform/crypto';

import type { StoredCredentials, UserProfile } from '../../application/ports.js';
import type { Locale, Role, UserStatus } from '../../domain/user.js';
import { openUser } from './sealed-user.js';

/** A user with the key to what is sealed of them, as it is read without an aggregate. */
export interface ProfileRow {
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

export type CredentialsRow = ProfileRow & { readonly password_hash: string };

export const PROFILE_COLUMNS = `u.id, u.email_enc, u.profile_enc, u.email_verified_at, u.status, u.roles, u.locale,
  u.mfa_enabled, u.security_epoch, u.version, u.created_at, u.updated_at, k.wrapped_key, k.kek_id`;
export const PROFILE_FROM = 'FROM user_service.users u JOIN user_service.user_keys k ON k.user_id = u.id';

/** Throws `DecryptionFailed`. */
export function profileOf(row: ProfileRow, dataKeys: DataKeys): UserProfile {
  const key = dataKeys.unwrap(row.id, { wrapped: row.wrapped_key, kekId: row.kek_id });
  const sealed = { id: row.id, emailEnc: row.email_enc, profileEnc: row.profile_enc };
  const { email, displayName, phone } = openUser(sealed, key);
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

export function credentialsFrom(row: CredentialsRow, dataKeys: DataKeys): StoredCredentials {
  return { profile: profileOf(row, dataKeys), passwordHash: row.password_hash, securityEpoch: row.security_epoch };
}
