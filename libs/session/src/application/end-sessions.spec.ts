import { beforeEach, describe, expect, it } from '@jest/globals';

import { aSignedInUser, USER_ID } from '../../testing/builders.js';
import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import { RefreshInvalid, SessionRevoked } from '../domain/errors.js';
import type { IssuedTokens } from './tokens.js';

const STRANGER = '01938a6e-0000-7000-8000-00000000dddd';

let world: SessionWorld;
let tokens: IssuedTokens;
let other: IssuedTokens;

beforeEach(async () => {
  world = new SessionWorld();
  tokens = await world.signIn.execute(CREDENTIALS);
  other = await world.signIn.execute(CREDENTIALS);
});

describe('Signing out', () => {
  it('TK-11 kills access and refresh token at once', async () => {
    await world.ends.signOut(tokens.sessionId);

    await expect(world.access(tokens.sessionId)).rejects.toThrow(SessionRevoked);
    await expect(world.refresh(tokens.refreshToken)).rejects.toThrow(RefreshInvalid);
    expect(world.liveness.told).toEqual([tokens.sessionId]);
  });

  it('SE-10 is recorded once, however often it is done', async () => {
    await Promise.all([1, 2, 3].map(() => world.ends.signOut(tokens.sessionId)));

    expect(world.dataOf('session.logged_out')).toEqual([{ sessionId: tokens.sessionId }]);
  });

  it('leaves the other sessions of the user alone', async () => {
    await world.ends.signOut(tokens.sessionId);

    await expect(world.access(other.sessionId)).resolves.toMatchObject({ state: 'live' });
  });

  it('of a session that does not exist changes nothing', async () => {
    await world.ends.signOut(STRANGER);

    expect(world.uow.publishedTypes).toEqual(['session.login_succeeded', 'session.login_succeeded']);
    expect(world.liveness.told).toEqual([]);
  });
});

describe('Ending one session', () => {
  it('tells why, once', async () => {
    expect(await world.ends.one(USER_ID, tokens.sessionId, 'owner')).toBe(true);
    expect(await world.ends.one(USER_ID, tokens.sessionId, 'operator')).toBe(false);

    expect(world.dataOf('session.revoked')).toEqual([{ sessionId: tokens.sessionId, reason: 'owner' }]);
    expect(world.live).toEqual([other.sessionId]);
    expect(world.liveness.told).toEqual([tokens.sessionId]);
  });

  it("SE-13 does not touch another user's, or one that does not exist", async () => {
    expect(await world.ends.one(STRANGER, tokens.sessionId, 'owner')).toBe(false);
    expect(await world.ends.one(USER_ID, STRANGER, 'owner')).toBe(false);

    expect(world.live).toEqual([tokens.sessionId, other.sessionId]);
    expect(world.dataOf('session.revoked')).toEqual([]);
  });

  it('does not touch one that is over by itself', async () => {
    world.clock.advance({ days: 30 });

    expect(await world.ends.one(USER_ID, tokens.sessionId, 'owner')).toBe(false);
  });
});

describe('Ending all sessions', () => {
  it('counts those that were ended, each with its event', async () => {
    await world.ends.signOut(tokens.sessionId);
    const third = await world.signIn.execute(CREDENTIALS);

    expect(await world.ends.allOf(USER_ID, 'operator')).toBe(2);
    expect(world.dataOf('session.revoked')).toEqual([
      { sessionId: other.sessionId, reason: 'operator' },
      { sessionId: third.sessionId, reason: 'operator' },
    ]);
    expect(world.live).toEqual([]);
  });

  it('lets one go on where there is one to go on', async () => {
    expect(await world.ends.allOf(USER_ID, 'owner', tokens.sessionId)).toBe(1);

    expect(world.live).toEqual([tokens.sessionId]);
  });

  it("ends nobody else's", async () => {
    expect(await world.ends.allOf(STRANGER, 'operator')).toBe(0);

    expect(world.live).toEqual([tokens.sessionId, other.sessionId]);
  });

  it('ends all or none', async () => {
    const save = world.sessions.save.bind(world.sessions);
    let saved = 0;
    world.sessions.save = async (session) => {
      saved += 1;
      if (saved === 2) throw new Error('disk full');
      await save(session);
    };

    await expect(world.ends.allOf(USER_ID, 'operator')).rejects.toThrow('disk full');
    expect(world.live).toEqual([tokens.sessionId, other.sessionId]);
    expect(world.liveness.told).toEqual([]);
  });
});

describe('After a change of the password', () => {
  const change = (changedIn: string | null): Promise<void> => {
    world.credentials.account = aSignedInUser({ securityEpoch: 2 });
    return world.ends.afterPasswordChange(USER_ID, changedIn, 2);
  };

  it('the session in which it was changed goes on, its refresh token too', async () => {
    await change(tokens.sessionId);

    expect(world.session(tokens.sessionId)).toMatchObject({ epoch: 2, revokedAt: null });
    await expect(world.access(tokens.sessionId)).resolves.toMatchObject({ state: 'live' });
    await expect(world.refresh(tokens.refreshToken)).resolves.toMatchObject({ sessionId: tokens.sessionId });
  });

  it('all others are dead', async () => {
    await change(tokens.sessionId);

    await expect(world.access(other.sessionId)).rejects.toThrow(SessionRevoked);
    await expect(world.refresh(other.refreshToken)).rejects.toThrow(RefreshInvalid);
    expect(world.dataOf('session.revoked')).toEqual([{ sessionId: other.sessionId, reason: 'password_changed' }]);
    expect(world.liveness.told).toEqual([other.sessionId]);
  });

  it('all are dead when it was changed in none', async () => {
    await change(null);

    expect(world.live).toEqual([]);
  });
});

describe('Ending a session because of its rest', () => {
  it('SE-07 happens once it has rested too long, and once', async () => {
    world.clock.advance({ minutes: 31, milliseconds: -1 });
    expect(await world.ends.ifIdle(tokens.sessionId)).toBe(false);

    world.clock.advance({ milliseconds: 1 });
    expect(await world.ends.ifIdle(tokens.sessionId)).toBe(true);
    expect(await world.ends.ifIdle(tokens.sessionId)).toBe(false);
    expect(world.dataOf('session.idle_expired')).toEqual([{ sessionId: tokens.sessionId }]);
    expect(world.live).toEqual([other.sessionId]);
  });

  it('SE-07 does not happen to one that this process saw used, although nobody has stored that yet', async () => {
    world.clock.advance({ minutes: 20 });
    await world.access(tokens.sessionId);
    world.clock.advance({ minutes: 20 });

    expect(await world.ends.ifIdle(tokens.sessionId)).toBe(false);
    expect(await world.ends.ifIdle(other.sessionId)).toBe(true);
  });

  it('does not happen to one that ended otherwise or never was', async () => {
    await world.ends.signOut(tokens.sessionId);
    world.clock.advance({ hours: 1 });

    expect(await world.ends.ifIdle(tokens.sessionId)).toBe(false);
    expect(await world.ends.ifIdle(STRANGER)).toBe(false);
    expect(world.session(tokens.sessionId).revokeReason).toBe('logout');
  });
});
