import { beforeEach, describe, expect, it } from '@jest/globals';

import { aSignedInUser, USER_ID } from '../../testing/builders.js';
import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import { SessionRevoked } from '../domain/errors.js';
import { HoldSession } from './hold-session.js';

describe.each(['execute', 'beside'] as const)('MF-09 What is done to second factors in a session (%s)', (how) => {
  let world: SessionWorld;
  let here: string;
  let held: HoldSession;

  beforeEach(async () => {
    world = new SessionWorld();
    const { credentials, sessions, uow, clock } = world;
    held = new HoldSession(credentials, sessions, uow, clock);
    here = (await world.signIn.execute(CREDENTIALS)).sessionId;
  });

  it('counts while that is live, and leaves it as it is', async () => {
    const before = { ...world.session(here) };
    await held[how](USER_ID, here);

    expect(world.session(here)).toEqual(before);
  });

  it('does not once that has ended, whatever way', async () => {
    world.clock.advance({ days: 31 });
    await expect(held[how](USER_ID, here)).rejects.toThrow(SessionRevoked);

    const there = (await world.signIn.execute(CREDENTIALS)).sessionId;
    await world.ends.signOut(there);
    await expect(held[how](USER_ID, there)).rejects.toThrow(SessionRevoked);
  });

  it('does not in a session of somebody else, nor in none', async () => {
    await expect(held[how]('01938a6e-0000-7000-8000-00000000bbbb', here)).rejects.toThrow(SessionRevoked);
    await expect(held[how](USER_ID, 'none')).rejects.toThrow(SessionRevoked);
  });

  it('does not once what the session was opened by counts no more, or the account is gone', async () => {
    world.credentials.account = aSignedInUser({ securityEpoch: 2 });
    await expect(held[how](USER_ID, here)).rejects.toThrow(SessionRevoked);
    world.credentials.account = null;
    await expect(held[how](USER_ID, here)).rejects.toThrow(SessionRevoked);
  });
});
