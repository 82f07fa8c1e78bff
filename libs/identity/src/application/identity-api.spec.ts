import { beforeEach, describe, expect, it } from '@jest/globals';

import { aUser, USER_ID } from '../../testing/builders.js';
import { IdentityWorld } from '../../testing/identity-world.js';

const EMAIL = 'kim@example.com';
const RIGHT = 'correct horse battery staple';
const WRONG = 'incorrect horse battery staple';
const STRANGER = '01938a6e-0000-7000-8000-00000000bbbb';

describe('Whether a password is right', () => {
  let world: IdentityWorld;
  const verify = (email: string, password: string): ReturnType<IdentityWorld['verifyPassword']> =>
    world.verifyPassword(email, password);

  beforeEach(() => {
    world = new IdentityWorld();
  });

  it('is answered with the account, in whatever spelling of the address', async () => {
    await world.store(aUser({ roles: ['user', 'admin'], securityEpoch: 3 }));

    expect(await verify(' KIM@Example.COM', RIGHT)).toEqual({
      outcome: 'accepted',
      account: {
        id: USER_ID,
        email: EMAIL,
        displayName: '김민지',
        roles: ['user', 'admin'],
        securityEpoch: 3,
        locale: 'ko',
        mfaEnabled: false,
      },
    });
  });

  it.each([
    ['a wrong password', {}, EMAIL, WRONG, { outcome: 'rejected', userId: USER_ID, reason: 'wrong_password' }],
    ['an empty password', {}, EMAIL, '', { outcome: 'rejected', userId: USER_ID, reason: 'wrong_password' }],
    [
      'an unknown address',
      {},
      'lee@example.com',
      RIGHT,
      { outcome: 'rejected', userId: null, reason: 'unknown_address' },
    ],
    [
      'no address at all',
      {},
      'mike＠example.com',
      RIGHT,
      { outcome: 'rejected', userId: null, reason: 'unknown_address' },
    ],
    [
      'a disabled account',
      { status: 'disabled' },
      EMAIL,
      RIGHT,
      { outcome: 'rejected', userId: USER_ID, reason: 'account_disabled' },
    ],
    [
      'a disabled account and a wrong password',
      { status: 'disabled' },
      EMAIL,
      WRONG,
      { outcome: 'rejected', userId: USER_ID, reason: 'wrong_password' },
    ],
    [
      'a disabled account that is also unproven',
      { status: 'disabled', emailVerifiedAt: null },
      EMAIL,
      RIGHT,
      { outcome: 'rejected', userId: USER_ID, reason: 'account_disabled' },
    ],
    ['an unproven address', { emailVerifiedAt: null }, EMAIL, RIGHT, { outcome: 'unverified', userId: USER_ID }],
    [
      'an unproven address and a wrong password',
      { emailVerifiedAt: null },
      EMAIL,
      WRONG,
      { outcome: 'rejected', userId: USER_ID, reason: 'wrong_password' },
    ],
  ] as const)('is answered for %s at the price of one hash', async (_what, changes, email, password, verdict) => {
    await world.store(aUser(changes));

    expect(await verify(email, password)).toEqual(verdict);
    expect(world.hasher.verifications).toBe(1);
  });

  it.each([
    ['the right password', {}, USER_ID, RIGHT, { outcome: 'accepted', account: { id: USER_ID, email: EMAIL } }],
    ['a wrong password', {}, USER_ID, WRONG, { outcome: 'rejected', userId: USER_ID, reason: 'wrong_password' }],
    ['an account that is gone', {}, STRANGER, RIGHT, { outcome: 'rejected', userId: null, reason: 'unknown_address' }],
    [
      'a disabled account',
      { status: 'disabled' },
      USER_ID,
      RIGHT,
      { outcome: 'rejected', userId: USER_ID, reason: 'account_disabled' },
    ],
  ] as const)(
    'is answered by the id of a user for %s at the same price',
    async (_what, changes, id, password, verdict) => {
      await world.store(aUser(changes));

      expect(
        await world.api.verifyPasswordOf({ userId: id, sessionId: 'session', source: null }, password),
      ).toMatchObject(verdict);
      expect(world.hasher.verifications).toBe(1);
    },
  );

  it('is not asked inside of a unit of work', async () => {
    await world.store(aUser());

    await expect(world.uow.run(() => verify(EMAIL, RIGHT))).rejects.toThrow('inside of a unit of work');
  });

  it('stays unanswered when the question cannot be looked up', async () => {
    world.queries.credentialsOf = async () => {
      throw new Error('database down');
    };

    await expect(verify(EMAIL, RIGHT)).rejects.toThrow('database down');
    expect(world.hasher.verifications).toBe(0);
  });
});

describe('An account as other contexts see it', () => {
  let world: IdentityWorld;

  beforeEach(() => {
    world = new IdentityWorld();
  });

  it('is active while nothing that matters changed', async () => {
    await world.store(aUser({ roles: ['user', 'admin'] }));

    expect(await world.api.activeAccount(USER_ID, 1)).toEqual({
      id: USER_ID,
      email: EMAIL,
      displayName: '김민지',
      roles: ['user', 'admin'],
      securityEpoch: 1,
      locale: 'ko',
      mfaEnabled: false,
    });
    expect(await world.uow.run(() => world.api.holdEpoch(USER_ID, 1))).toBe(true);
  });

  it.each([
    ['of another epoch', { securityEpoch: 2 }],
    ['disabled', { status: 'disabled' }],
  ] as const)('is none when it is %s', async (_what, changes) => {
    await world.store(aUser(changes));

    expect(await world.api.activeAccount(USER_ID, 1)).toBeNull();
    expect(await world.uow.run(() => world.api.holdEpoch(USER_ID, 1))).toBe(false);
  });

  it('is none when it is gone', async () => {
    expect(await world.api.activeAccount(STRANGER, 1)).toBeNull();
    expect(await world.uow.run(() => world.api.holdEpoch(STRANGER, 1))).toBe(false);
  });
});

describe('A user whom an operator means', () => {
  let world: IdentityWorld;

  beforeEach(async () => {
    world = new IdentityWorld();
    await world.store(aUser({ status: 'disabled' }));
  });

  it('is found by id or address, whatever the state of the account', async () => {
    expect(await world.api.find({ id: USER_ID })).toBe(USER_ID);
    expect(await world.api.find({ email: ' KIM@example.com' })).toBe(USER_ID);
  });

  it('is nobody for a foreign id or address', async () => {
    expect(await world.api.find({ id: STRANGER })).toBeNull();
    expect(await world.api.find({ email: 'lee@example.com' })).toBeNull();
  });

  it('cannot be meant by what is no address', async () => {
    await expect(world.api.find({ email: 'kim' })).rejects.toThrow('Not an e-mail address');
  });
});
