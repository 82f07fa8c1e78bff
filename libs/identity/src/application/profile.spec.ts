import { beforeEach, describe, expect, it } from '@jest/globals';

import { aUser, USER_ID } from '../../testing/builders.js';
import { IdentityWorld } from '../../testing/identity-world.js';
import { UserChangedMeanwhile, UserNotFound } from '../domain/errors.js';

const STRANGER = '01938a6e-0000-7000-8000-00000000bbbb';
const always = (): boolean => true;

describe('The profile of an account', () => {
  let world: IdentityWorld;

  beforeEach(async () => {
    world = new IdentityWorld();
    await world.store(aUser());
  });

  it('ID-08 is read without anything that proves the user', async () => {
    const profile = await world.readProfile.execute(USER_ID, 1);

    expect(Object.keys(profile).sort()).toEqual([
      'createdAt',
      'displayName',
      'email',
      'emailVerified',
      'id',
      'locale',
      'mfaEnabled',
      'phone',
      'roles',
      'status',
      'updatedAt',
      'version',
    ]);
  });

  it('is answered as it is after the change', async () => {
    world.clock.advance({ minutes: 1 });
    const changed = await world.updateProfile.execute(USER_ID, { displayName: null, locale: 'en' }, always);

    expect(changed).toMatchObject({ displayName: null, locale: 'en', phone: '+821012345678', version: 2 });
    expect(changed.updatedAt).toEqual(world.clock.now());
    expect(await world.readProfile.execute(USER_ID, 1)).toEqual(changed);
    expect(world.uow.publishedTypes).toEqual(['identity.profile_updated']);
  });

  it('is answered unchanged when there was nothing to change', async () => {
    const before = await world.readProfile.execute(USER_ID, 1);

    expect(await world.updateProfile.execute(USER_ID, {}, always)).toEqual(before);
    expect(world.uow.published).toEqual([]);
  });

  it('ID-16 of two parallel changes of one version accepts one', async () => {
    const isFirst = (version: number): boolean => version === 1;
    const outcomes = await Promise.allSettled(
      ['A', 'B'].map((displayName) => world.updateProfile.execute(USER_ID, { displayName }, isFirst)),
    );

    const [refusal, ...more] = outcomes.filter(({ status }) => status === 'rejected');
    expect(more).toEqual([]);
    expect(refusal).toMatchObject({ reason: expect.any(UserChangedMeanwhile) });
    expect(world.uow.published).toHaveLength(1);
  });

  it('is not found once the account is gone', async () => {
    await expect(world.readProfile.execute(STRANGER, 1)).rejects.toThrow(UserNotFound);
    await expect(world.updateProfile.execute(STRANGER, {}, always)).rejects.toThrow(UserNotFound);
  });
});
