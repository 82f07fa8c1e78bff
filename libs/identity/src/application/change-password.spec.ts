import { beforeEach, describe, expect, it } from '@jest/globals';

import { aUser, USER_ID } from '../../testing/builders.js';
import { IdentityWorld, REGISTRATION } from '../../testing/identity-world.js';
import { CurrentPasswordWrong, PasswordRejected, UserNotFound } from '../domain/errors.js';

const SESSION = '01938a6e-0000-7000-8000-00000000cccc';
const NEXT = 'nine pears roll downhill';
const CHANGE = {
  userId: USER_ID,
  sessionId: SESSION,
  source: '203.0.113.7',
  currentPassword: REGISTRATION.password,
  newPassword: NEXT,
};

describe('Changing a password', () => {
  let world: IdentityWorld;

  beforeEach(async () => {
    world = new IdentityWorld({ refusals: { weak: ['common'] } });
    await world.store(aUser());
  });

  it('stores the new one and voids all that the old one opened', async () => {
    world.clock.advance({ days: 1 });
    await world.changePassword.execute(CHANGE);

    expect(world.users.users.get(USER_ID)).toMatchObject({
      passwordHash: `hash of: ${NEXT}`,
      passwordChangedAt: world.clock.now(),
      securityEpoch: 2,
      version: 2,
    });
    expect(world.uow.published).toEqual([
      {
        type: 'identity.password_changed',
        userId: USER_ID,
        occurredAt: world.clock.now(),
        data: { sessionId: SESSION, securityEpoch: 2 },
      },
    ]);
  });

  it('wants the present one, and asks nothing more of whoever does not know it, but leaves a trace', async () => {
    const wrong = world.changePassword.execute({ ...CHANGE, currentPassword: 'wrong', newPassword: 'weak' });

    await expect(wrong).rejects.toThrow(CurrentPasswordWrong);
    expect(world.policy.asked).toEqual([]);
    expect(world.hasher.hashes).toBe(0);
    expect(world.uow.published).toEqual([
      {
        type: 'session.reauthentication_failed',
        userId: USER_ID,
        occurredAt: world.clock.now(),
        data: { sessionId: SESSION, reason: 'wrong_password' },
      },
    ]);
  });

  it('refuses one that the policy refuses, which knows whose it is', async () => {
    await expect(world.changePassword.execute({ ...CHANGE, newPassword: 'weak' })).rejects.toThrow(PasswordRejected);

    expect(world.policy.asked).toMatchObject([
      { password: 'weak', own: { email: REGISTRATION.email, displayName: '김민지' } },
    ]);
    expect(world.hasher.hashes).toBe(0);
    expect(world.users.users.get(USER_ID)).toMatchObject({ securityEpoch: 1 });
  });

  it('of an account that is gone is impossible', async () => {
    const stranger = { ...CHANGE, userId: '01938a6e-0000-7000-8000-00000000dddd' };

    await expect(world.changePassword.execute(stranger)).rejects.toThrow(UserNotFound);
  });

  it('twice at the same time happens once: the slower one does not know the password any more', async () => {
    const changes = await Promise.allSettled([
      world.changePassword.execute(CHANGE),
      world.changePassword.execute({ ...CHANGE, newPassword: 'another good one' }),
    ]);

    expect(changes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(changes[1]).toMatchObject({ reason: expect.any(CurrentPasswordWrong) });
    expect(world.users.users.get(USER_ID)).toMatchObject({ passwordHash: `hash of: ${NEXT}`, securityEpoch: 2 });
    expect(world.uow.publishedTypes).toEqual(['identity.password_changed', 'session.reauthentication_failed']);
    expect(world.uow.published[1]).toMatchObject({ data: { reason: 'account_changed' } });
  });

  it('does not happen when what has to happen with it fails', async () => {
    world.uow.reactions.on('identity.password_changed', async () => {
      throw new Error('sessions cannot be ended');
    });

    await expect(world.changePassword.execute(CHANGE)).rejects.toThrow('sessions cannot be ended');
    expect(world.users.users.get(USER_ID)).toMatchObject({ securityEpoch: 1 });
    expect(world.uow.published).toEqual([]);
  });

  it('keeps both passwords out of what it records and throws', async () => {
    await world.changePassword.execute(CHANGE);
    const error: unknown = await world.changePassword.execute(CHANGE).catch((thrown: unknown) => thrown);
    const told = JSON.stringify([world.uow.published, String(error)]);

    expect(error).toBeInstanceOf(CurrentPasswordWrong);
    for (const secret of [NEXT, REGISTRATION.password]) expect(told).not.toContain(secret);
  });
});
