import { beforeEach, describe, expect, it } from '@jest/globals';

import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import { RefreshInvalid, SessionRevoked } from '../domain/errors.js';
import type { IssuedTokens } from './tokens.js';

describe('Signing out', () => {
  let world: SessionWorld;
  let tokens: IssuedTokens;

  beforeEach(async () => {
    world = new SessionWorld();
    tokens = await world.signIn.execute(CREDENTIALS);
  });

  it('TK-11 kills access and refresh token at once', async () => {
    await world.signOut.execute(tokens.sessionId);

    await expect(world.checkAccess.execute(tokens.sessionId)).rejects.toThrow(SessionRevoked);
    await expect(world.refresh(tokens.refreshToken)).rejects.toThrow(RefreshInvalid);
  });

  it('is recorded once, however often it is done', async () => {
    await Promise.all([1, 2, 3].map(() => world.signOut.execute(tokens.sessionId)));

    expect(world.dataOf('session.logged_out')).toEqual([{ sessionId: tokens.sessionId }]);
  });

  it('leaves the other sessions of the user alone', async () => {
    const other = await world.signIn.execute(CREDENTIALS);
    await world.signOut.execute(tokens.sessionId);

    await expect(world.checkAccess.execute(other.sessionId)).resolves.toBeUndefined();
  });

  it('of a session that does not exist changes nothing', async () => {
    await world.signOut.execute('01938a6e-0000-7000-8000-00000000dddd');

    expect(world.uow.publishedTypes).toEqual(['session.login_succeeded']);
  });
});
