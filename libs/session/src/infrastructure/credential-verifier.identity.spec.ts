import { beforeEach, describe, expect, it } from '@jest/globals';

import { aUser, USER_ID } from '../../../identity/testing/builders.js';
import { IdentityWorld, REGISTRATION } from '../../../identity/testing/identity-world.js';
import { IdentityCredentialVerifier } from './credential-verifier.identity.js';

const { email: EMAIL, password: PASSWORD } = REGISTRATION;
const ANYWHERE = { source: null, deviceToken: null };
const NAMED = { id: USER_ID, email: EMAIL, displayName: '김민지', locale: 'ko' };
const KIM = { ...NAMED, roles: ['user'], securityEpoch: 1, mfaEnabled: false };

describe('Credentials, as identity knows them', () => {
  let world: IdentityWorld;
  let verifier: IdentityCredentialVerifier;

  beforeEach(() => {
    world = new IdentityWorld();
    verifier = new IdentityCredentialVerifier(world.api);
  });

  it('tell who it is when the password is right, and nothing that proves it', async () => {
    await world.store(aUser());

    expect(await verifier.verify(EMAIL, PASSWORD, ANYWHERE)).toEqual({ outcome: 'accepted', user: KIM });
  });

  it.each([
    ['a wrong password', {}, EMAIL, 'wrong', { outcome: 'rejected', userId: USER_ID, reason: 'wrong_password' }],
    ['an unknown address', {}, 'lee@example.com', PASSWORD, { outcome: 'rejected', userId: null }],
    [
      'a disabled account',
      { status: 'disabled' },
      EMAIL,
      PASSWORD,
      { outcome: 'rejected', reason: 'account_disabled' },
    ],
    ['an unproven address', { emailVerifiedAt: null }, EMAIL, PASSWORD, { outcome: 'unverified', userId: USER_ID }],
  ] as const)('pass on the verdict about %s', async (_what, changes, email, password, verdict) => {
    await world.store(aUser(changes));

    expect(await verifier.verify(email, password, ANYWHERE)).toMatchObject(verdict);
  });

  it('hold and read the account of an epoch, and none of another', async () => {
    await world.store(aUser());
    const answers = (epoch: number): Promise<unknown[]> =>
      world.uow.run(async () => [await verifier.hold(USER_ID, epoch), await verifier.current(USER_ID, epoch, 1)]);

    expect(await answers(1)).toEqual([true, KIM]);
    expect(await answers(2)).toEqual([false, null]);
  });
});
