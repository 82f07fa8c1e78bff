import { describe, expect, it } from '@jest/globals';

import { aNewUser, anEmail, aRegistration, aUser, aUserState, NOW, USER_ID } from '../../testing/builders.js';
import { UserChangedMeanwhile } from './errors.js';
import { User } from './user.js';

const LATER = new Date(NOW.getTime() + 60_000);
const always = (): boolean => true;

describe('A user who registers', () => {
  it('is active, unproven, of the first epoch and version, with the role every user has', () => {
    expect(aNewUser().state).toEqual(aUserState({ emailVerifiedAt: null }));
    expect(aNewUser().emailVerified).toBe(false);
  });

  it('is told about without any personal datum', () => {
    const events = aNewUser().pullEvents();

    expect(events).toEqual([
      { type: 'identity.registered', userId: USER_ID, occurredAt: NOW, data: { renewed: false } },
    ]);
  });
});

describe('An administrator whom an operator appoints', () => {
  const fields = { id: USER_ID, email: anEmail(), passwordHash: 'hash', profile: aUserState().profile };

  it('has both roles and a proven address', () => {
    const admin = User.appointAdmin(fields, NOW);

    expect(admin.state.roles).toEqual(['user', 'admin']);
    expect(admin.emailVerified).toBe(true);
  });

  it('is told about step by step', () => {
    const events = User.appointAdmin(fields, NOW).pullEvents();

    expect(events.map(({ type }) => type)).toEqual([
      'identity.registered',
      'identity.email_verified',
      'identity.roles_changed',
    ]);
    expect(events.at(-1)?.data).toEqual({ added: ['admin'], removed: [] });
  });
});

describe('An unproven user who registers again', () => {
  it('stays as they are, and is told about as renewed', () => {
    const user = aUser({ emailVerifiedAt: null });
    user.registerAgain(LATER);

    expect(user.state).toEqual(aUserState({ emailVerifiedAt: null }));
    expect(user.pullEvents()).toEqual([
      { type: 'identity.registered', userId: USER_ID, occurredAt: LATER, data: { renewed: true } },
    ]);
  });
});

describe('A registration that the owner of the address confirms', () => {
  const registration = aRegistration({
    passwordHash: 'hash of the owner',
    profile: { displayName: 'Owner', locale: 'en', phone: null },
    consents: [{ purpose: 'terms', version: '3', granted: true }],
  });

  it('RC-07 is the account, with nothing left of who registered the address before', () => {
    const user = aUser({ emailVerifiedAt: null, passwordHash: 'hash of a stranger' });
    user.confirmRegistration(registration, LATER);

    expect(user.state).toEqual(
      aUserState({
        emailVerifiedAt: LATER,
        passwordHash: 'hash of the owner',
        passwordChangedAt: registration.signedUpAt,
        profile: registration.profile,
        version: 2,
        updatedAt: LATER,
      }),
    );
  });

  it('is told about with its decisions', () => {
    const user = aUser({ emailVerifiedAt: null });
    user.confirmRegistration(registration, LATER);

    expect(user.pullEvents()).toMatchObject([
      { type: 'identity.email_verified', occurredAt: LATER },
      { type: 'identity.consent_granted', occurredAt: LATER, data: { purpose: 'terms', version: '3' } },
    ]);
  });
});

describe('A user whose address is proven', () => {
  it('notes when, once', () => {
    const user = aUser({ emailVerifiedAt: null });
    user.verifyEmail(NOW);
    user.verifyEmail(LATER);

    expect(user.state).toMatchObject({ emailVerifiedAt: NOW, version: 2, updatedAt: NOW });
    expect(user.pullEvents().map(({ type }) => type)).toEqual(['identity.email_verified']);
  });
});

describe('A profile', () => {
  it('changes in what is named, and keeps the rest', () => {
    const user = aUser();
    user.updateProfile({ displayName: 'Minji', phone: null }, always, LATER);

    expect(user.state.profile).toEqual({ displayName: 'Minji', locale: 'ko', phone: null });
    expect(user.state).toMatchObject({ version: 2, updatedAt: LATER });
  });

  it('tells which members changed, and never their values', () => {
    const user = aUser();
    user.updateProfile({ displayName: 'Minji', locale: 'ko', phone: '+821087654321' }, always, LATER);
    const events = user.pullEvents();

    expect(events).toMatchObject([{ type: 'identity.profile_updated', data: { fields: ['displayName', 'phone'] } }]);
    expect(JSON.stringify(events)).not.toMatch(/Minji|8765/);
  });

  it.each([
    ['nothing is named', {}],
    ['nothing differs', { displayName: '김민지', locale: 'ko', phone: '+821012345678' }],
  ] as const)('stays at its version, without an event, when %s', (_when, changes) => {
    const user = aUser();
    user.updateProfile(changes, always, LATER);

    expect(user.state).toEqual(aUserState());
    expect(user.pullEvents()).toEqual([]);
  });

  it('ID-16 refuses a change of a version that the caller does not know, and stays as it is', () => {
    const user = aUser({ version: 3 });
    const change = (): void => user.updateProfile({ displayName: 'Lost' }, (version) => version === 2, LATER);

    expect(change).toThrow(UserChangedMeanwhile);
    expect(user.state).toEqual(aUserState({ version: 3 }));
    expect(user.pullEvents()).toEqual([]);
  });

  it('refuses an unknown version even when nothing would change', () => {
    expect(() => aUser().updateProfile({}, () => false, LATER)).toThrow(UserChangedMeanwhile);
  });
});

describe('A decision about a purpose', () => {
  const consent = { purpose: 'marketing_email', version: '2026-01' };

  it.each([
    [true, 'identity.consent_granted'],
    [false, 'identity.consent_withdrawn'],
  ])('of %s is told as %s with purpose and version', (granted, type) => {
    const user = aUser();
    user.decideConsent({ ...consent, granted }, LATER);

    expect(user.pullEvents()).toEqual([{ type, userId: USER_ID, occurredAt: LATER, data: consent }]);
  });
});

describe('A restored user', () => {
  it('has nothing to tell, and changes nothing of what it was restored from', () => {
    const state = aUserState({ emailVerifiedAt: null });
    const user = User.restore(state);
    expect(user.pullEvents()).toEqual([]);

    user.verifyEmail(LATER);

    expect(state).toEqual(aUserState({ emailVerifiedAt: null }));
  });
});
