import type { DataKey } from '#platform/crypto';

import { Email } from '../../domain/email.js';
import type { Locale, Role, UserState, UserStatus } from '../../domain/user.js';
import type { UserRow } from './user.row.js';

interface SealedProfile {
  readonly displayName: string | null;
  readonly phone: string | null;
}

/** The encrypted columns of a user, and where they belong. */
export interface SealedColumns {
  readonly id: string;
  readonly emailEnc: Buffer;
  readonly profileEnc: Buffer;
}

export function openUser(row: SealedColumns, key: DataKey): { email: string } & SealedProfile {
  const email = key.open(row.emailEnc, emailPlace(row.id)).toString('utf8');
  const profile = JSON.parse(key.open(row.profileEnc, profilePlace(row.id)).toString('utf8')) as SealedProfile;
  return { email, displayName: profile.displayName, phone: profile.phone };
}

/** All columns of a user as they are stored, but for what other contexts keep there. */
export function rowOf(state: UserState, key: DataKey): Omit<UserRow, 'emailIndex' | 'mfaEnabled' | 'noticeSentAt'> {
  const { displayName, phone, locale } = state.profile;
  const sealed: SealedProfile = { displayName, phone };
  return {
    id: state.id,
    emailEnc: key.seal(state.email.value, emailPlace(state.id)),
    emailVerifiedAt: state.emailVerifiedAt,
    passwordHash: state.passwordHash,
    passwordChangedAt: state.passwordChangedAt,
    status: state.status,
    roles: [...state.roles],
    profileEnc: key.seal(JSON.stringify(sealed), profilePlace(state.id)),
    locale,
    securityEpoch: state.securityEpoch,
    version: state.version,
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
  };
}

// The check constraints of the table admit nothing else in these columns.
export function stateOf(row: UserRow, key: DataKey): UserState {
  const { email, displayName, phone } = openUser(row, key);
  return {
    id: row.id,
    email: Email.stored(email),
    emailVerifiedAt: row.emailVerifiedAt,
    passwordHash: row.passwordHash,
    passwordChangedAt: row.passwordChangedAt,
    status: row.status as UserStatus,
    roles: row.roles as Role[],
    profile: { displayName, phone, locale: row.locale as Locale },
    securityEpoch: row.securityEpoch,
    mfaEnabled: row.mfaEnabled,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

function emailPlace(id: string): string {
  return `users/email_enc/${id}`;
}

function profilePlace(id: string): string {
  return `users/profile_enc/${id}`;
}
