import { domainToASCII } from 'node:url';

import { Email } from '../src/domain/email.js';
import { User, type NewUser, type PendingRegistration, type UserState } from '../src/domain/user.js';

export const NOW = new Date('2026-03-01T09:00:00.000Z');
export const USER_ID = '01938a6e-0000-7000-8000-00000000aaaa';

export function anEmail(typed = 'kim@example.com'): Email {
  return Email.parse(typed, domainToASCII);
}

/** A stored, active and verified user, but for what `changes` names. */
export function aUserState(changes: Partial<UserState> = {}): UserState {
  return {
    id: USER_ID,
    email: anEmail(),
    emailVerifiedAt: NOW,
    passwordHash: 'hash of: correct horse battery staple',
    passwordChangedAt: NOW,
    status: 'active',
    roles: ['user'],
    profile: { displayName: '김민지', locale: 'ko', phone: '+821012345678' },
    securityEpoch: 1,
    version: 1,
    mfaEnabled: false,
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  };
}

export function aUser(changes: Partial<UserState> = {}): User {
  return User.restore(aUserState(changes));
}

/** A user who has just registered; its event is not recorded yet. */
export function aNewUser(changes: Partial<NewUser> = {}, now = NOW): User {
  const { id, email, passwordHash, profile } = aUserState();
  return User.register({ id, email, passwordHash, profile, ...changes }, now);
}

/** What somebody asked for who has not proven the address yet. */
export function aRegistration(changes: Partial<PendingRegistration> = {}): PendingRegistration {
  const { passwordHash, profile } = aUserState();
  return { passwordHash, profile, consents: [], signedUpAt: NOW, ...changes };
}
