import { beforeEach, describe, expect, it } from '@jest/globals';

import { aSignedInUser, CLIENT, NOW } from '../../testing/builders.js';
import { readAccessToken } from '../../testing/fakes.js';
import { SessionWorld } from '../../testing/session-world.js';

describe('Opening a session', () => {
  let world: SessionWorld;

  beforeEach(() => {
    world = new SessionWorld();
  });

  it('stores the session and its first refresh token together', async () => {
    const tokens = await world.opener.open(aSignedInUser(), CLIENT, ['pwd'], NOW);

    expect(world.sessions.sessions.all()).toHaveLength(1);
    expect(world.refreshTokens.unspent).toMatchObject([
      { token: tokens?.refreshToken, sessionId: tokens?.sessionId, generation: 1 },
    ]);
  });

  it('signs an access token for that session', async () => {
    const tokens = await world.opener.open(aSignedInUser(), CLIENT, ['pwd'], NOW);

    expect(readAccessToken(tokens!.accessToken)).toMatchObject({
      userId: aSignedInUser().id,
      sessionId: tokens?.sessionId,
      amr: ['pwd'],
    });
  });

  it('answers with nothing, and leaves nothing, when the account changed', async () => {
    const tokens = await world.opener.open(aSignedInUser({ securityEpoch: 2 }), CLIENT, ['pwd'], NOW);

    expect(tokens).toBeNull();
    expect(world.sessions.sessions.all()).toEqual([]);
    expect(world.refreshTokens.unspent).toEqual([]);
    expect(world.uow.published).toEqual([]);
  });
});
