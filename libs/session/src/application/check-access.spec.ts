import { beforeEach, describe, expect, it } from '@jest/globals';

import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import { SessionRevoked } from '../domain/errors.js';

describe('The check of access', () => {
  let world: SessionWorld;

  beforeEach(() => {
    world = new SessionWorld();
  });

  it('lets a live session pass, until the instant of its end', async () => {
    const { sessionId } = await world.signIn.execute(CREDENTIALS);
    world.clock.advance({ days: 30, milliseconds: -1 });
    await expect(world.checkAccess.execute(sessionId)).resolves.toBeUndefined();

    world.clock.advance({ milliseconds: 1 });
    await expect(world.checkAccess.execute(sessionId)).rejects.toThrow(SessionRevoked);
  });

  it('stops a session that does not exist', async () => {
    await expect(world.checkAccess.execute('01938a6e-0000-7000-8000-00000000dddd')).rejects.toThrow(SessionRevoked);
  });

  it('does not take a failing store for an ended session', async () => {
    world.liveness.isLive = async () => {
      throw new Error('database down');
    };

    await expect(world.checkAccess.execute('any')).rejects.toThrow('database down');
  });
});
