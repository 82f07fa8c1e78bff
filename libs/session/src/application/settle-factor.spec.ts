import { beforeEach, describe, expect, it } from '@jest/globals';

import { aSignedInUser, USER_ID } from '../../testing/builders.js';
import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import { withSecondFactor } from '../domain/assurance.js';
import { SessionRevoked } from '../domain/errors.js';
import { HoldSession } from './hold-session.js';
import { SettleFactor, type AddedFactor } from './settle-factor.js';

describe('A new second factor', () => {
  let world: SessionWorld;
  let settle: SettleFactor;
  let here: string;
  let elsewhere: string;

  beforeEach(async () => {
    world = new SessionWorld();
    const { credentials, sessions, uow, clock } = world;
    settle = new SettleFactor(new HoldSession(credentials, sessions, uow, clock), credentials, sessions, uow, clock);
    here = (await world.signIn.execute(CREDENTIALS)).sessionId;
    elsewhere = (await world.signIn.execute(CREDENTIALS)).sessionId;
  });

  const added = (changes: Partial<AddedFactor> = {}): AddedFactor => ({
    userId: USER_ID,
    sessionId: here,
    securityEpoch: null,
    proven: withSecondFactor(['otp']),
    ...changes,
  });
  const first = async (changes: Partial<AddedFactor> = {}): Promise<void> => {
    world.credentials.account = aSignedInUser({ securityEpoch: 2 });
    await settle.execute(added({ securityEpoch: 2, ...changes }));
  };

  it('that is the first one ends all sessions but the one in which it was added, which has proven it', async () => {
    await first();

    expect(world.live).toEqual([here]);
    expect(world.session(here)).toMatchObject({ epoch: 2, amr: ['pwd', 'otp', 'mfa'], acr: '2' });
    expect(world.session(elsewhere).revokeReason).toBe('mfa_enabled');
  });

  it('that is one more leaves all sessions as they are', async () => {
    await settle.execute(added());

    expect(world.live).toEqual([here, elsewhere]);
    expect(world.session(here)).toMatchObject({ epoch: 1, acr: '1' });
  });

  it('MF-02 is not added in a session that has ended meanwhile, whether it is the first or not', async () => {
    await world.ends.signOut(here);

    await expect(settle.execute(added())).rejects.toThrow(SessionRevoked);
    await expect(first()).rejects.toThrow(SessionRevoked);
    expect(world.live).toEqual([elsewhere]);
  });

  it('MF-02 is not added in a session of somebody else, nor in none', async () => {
    for (const changes of [{ userId: '01938a6e-0000-7000-8000-00000000bbbb' }, { sessionId: 'none' }]) {
      await expect(settle.execute(added(changes))).rejects.toThrow(SessionRevoked);
      await expect(first(changes)).rejects.toThrow(SessionRevoked);
    }
    expect(world.live).toEqual([here, elsewhere]);
  });

  it('MF-02 is not added once what the session was opened by counts no more, or the account is disabled', async () => {
    world.credentials.account = aSignedInUser({ securityEpoch: 2 });
    await expect(settle.execute(added())).rejects.toThrow(SessionRevoked);
    world.credentials.account = aSignedInUser({ securityEpoch: 3 });
    await expect(settle.execute(added({ securityEpoch: 3 }))).rejects.toThrow(SessionRevoked);
    world.credentials.account = null;
    await expect(settle.execute(added())).rejects.toThrow(SessionRevoked);
    await expect(settle.execute(added({ securityEpoch: 2 }))).rejects.toThrow(SessionRevoked);
    expect(world.live).toEqual([here, elsewhere]);
  });
});
