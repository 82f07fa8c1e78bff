import { beforeEach, describe, expect, it } from '@jest/globals';

import { after, aSignedInUser, USER_ID } from '../../testing/builders.js';
import { readAccessToken } from '../../testing/fakes.js';
import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import {
  RefreshInvalid,
  RefreshReused,
  SessionIdleTimeout,
  SessionRevoked,
  SessionStateUnavailable,
} from '../domain/errors.js';
import type { IssuedTokens } from './tokens.js';

describe('Refreshing', () => {
  let world: SessionWorld;
  let first: IssuedTokens;

  beforeEach(async () => {
    world = new SessionWorld();
    first = await world.signIn.execute(CREDENTIALS);
    world.clock.advance({ minutes: 10 });
  });

  it('exchanges the token for its successor in the same session', async () => {
    const second = await world.refresh(first.refreshToken);

    expect(second.sessionId).toBe(first.sessionId);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(world.refreshTokens.unspent.map(({ token }) => token)).toEqual([second.refreshToken]);
    expect(world.dataOf('session.refreshed')).toEqual([{ sessionId: first.sessionId, generation: 2, repeated: false }]);
  });

  it('goes on and on', async () => {
    let tokens = first;
    for (let count = 0; count < 5; count += 1) tokens = await world.refresh(tokens.refreshToken);

    expect(world.refreshTokens.unspent).toMatchObject([{ generation: 6 }]);
  });

  it('keeps how and when the user authenticated, and reads the roles anew', async () => {
    world.credentials.account = aSignedInUser({ roles: ['user', 'admin'], displayName: 'Minji' });
    const second = await world.refresh(first.refreshToken);

    expect(second.user).toMatchObject({ roles: ['user', 'admin'], displayName: 'Minji' });
    expect(readAccessToken(second.accessToken)).toMatchObject({
      roles: ['user', 'admin'],
      amr: ['pwd'],
      acr: '1',
      authTime: readAccessToken(first.accessToken)['authTime'],
    });
  });

  it('SE-06 never moves the end of the session', async () => {
    first = await world.signIn.execute({ ...CREDENTIALS, rememberMe: true });
    world.clock.advance({ days: 29 });
    const second = await world.refresh(first.refreshToken);

    expect(second.refreshExpiresIn).toBe(86_400);
    world.clock.set(after({ days: 30, minutes: 10 }).toISOString());
    await expect(world.refresh(second.refreshToken)).rejects.toThrow(RefreshInvalid);
    expect(world.dataOf('session.refresh_rejected')).toEqual([{ sessionId: first.sessionId, reason: 'expired' }]);
  });

  it('notes that the session was seen', async () => {
    await world.refresh(first.refreshToken);

    expect(world.session(first.sessionId).lastSeenAt).toEqual(world.clock.now());
  });

  describe('with the token that was spent last', () => {
    it('SE-05 answers the same successor within the grace period, with a fresh access token', async () => {
      const second = await world.refresh(first.refreshToken);
      world.clock.advance({ seconds: 10, milliseconds: -1 });
      const again = await world.refresh(first.refreshToken);

      expect(again).toMatchObject({ sessionId: first.sessionId, refreshToken: second.refreshToken });
      expect(again.accessToken).not.toBe(second.accessToken);
      expect(world.refreshTokens.unspent.map(({ token }) => token)).toEqual([second.refreshToken]);
      expect(world.dataOf('session.refreshed')).toEqual([
        { sessionId: first.sessionId, generation: 2, repeated: false },
        { sessionId: first.sessionId, generation: 2, repeated: true },
      ]);
    });

    it('SE-05 ends the session at the end of the grace period', async () => {
      await world.refresh(first.refreshToken);
      world.clock.advance({ seconds: 10 });

      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshReused);
    });

    it('SE-05 ends the session at once where there is no grace', async () => {
      world = new SessionWorld({ refreshGraceSeconds: 0 });
      first = await world.signIn.execute(CREDENTIALS);
      await world.refresh(first.refreshToken);

      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshReused);
    });

    it('SE-05 ends the session once the successor was used', async () => {
      const second = await world.refresh(first.refreshToken);
      await world.refresh(second.refreshToken);

      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshReused);
    });
  });

  describe('SE-03 with a token that was spent before', () => {
    let third: IssuedTokens;

    beforeEach(async () => {
      third = await world.refresh((await world.refresh(first.refreshToken)).refreshToken);
    });

    it('ends the session for everybody, tells so, and writes to its owner', async () => {
      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshReused);

      expect(world.dataOf('session.refresh_reuse_detected')).toEqual([{ sessionId: first.sessionId, generation: 1 }]);
      expect(world.dataOf('session.revoked')).toEqual([{ sessionId: first.sessionId, reason: 'refresh_reuse' }]);
      expect(world.notices.sent).toEqual([{ kind: 'refresh_reused', userId: USER_ID, sessionId: first.sessionId }]);
      await expect(world.access(first.sessionId)).rejects.toThrow(SessionRevoked);
      await expect(world.refresh(third.refreshToken)).rejects.toThrow(RefreshInvalid);
    });

    it('leaves the other sessions of the user alone', async () => {
      const other = await world.signIn.execute(CREDENTIALS);
      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshReused);

      expect(await world.access(other.sessionId)).toMatchObject({ state: 'live' });
      await world.refresh(other.refreshToken);
    });

    it('detects it once; the session is dead after that', async () => {
      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshReused);
      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshInvalid);

      expect(world.dataOf('session.refresh_reuse_detected')).toHaveLength(1);
      expect(world.notices.sent).toHaveLength(1);
    });

    it('is no reuse when the session was signed out in good order', async () => {
      await world.ends.signOut(first.sessionId);

      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshInvalid);
      expect(world.session(first.sessionId).revokeReason).toBe('logout');
      expect(world.dataOf('session.refresh_reuse_detected')).toEqual([]);
    });

    it('keeps tokens out of what it records', async () => {
      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshReused);

      const recorded = JSON.stringify(world.uow.published);
      expect(recorded).not.toContain(first.refreshToken);
      expect(recorded).not.toContain(third.refreshToken);
    });
  });

  it('SE-04 in parallel with one token answers everybody the same successor', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.refresh(first.refreshToken)));

    expect(new Set(answers.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    expect(world.refreshTokens.unspent.map(({ token }) => token)).toEqual([answers[0]!.refreshToken]);
    expect(await world.access(first.sessionId)).toMatchObject({ state: 'live' });
  });

  it('SE-07 is refused once the session rested too long, and ends it', async () => {
    world.clock.advance({ minutes: 31 });

    await expect(world.refresh(first.refreshToken)).rejects.toThrow(SessionIdleTimeout);
    await expect(world.refresh(first.refreshToken)).rejects.toThrow(SessionIdleTimeout);
    expect(world.dataOf('session.idle_expired')).toEqual([{ sessionId: first.sessionId }]);
    expect(world.dataOf('session.refresh_rejected')).toEqual(
      Array.from({ length: 2 }, () => ({ sessionId: first.sessionId, reason: 'idle' })),
    );
  });

  it('SE-07 goes on where this process saw the session used, although nobody has stored that yet', async () => {
    await world.access(first.sessionId);
    world.clock.advance({ minutes: 25 });

    await expect(world.refresh(first.refreshToken)).resolves.toMatchObject({ sessionId: first.sessionId });
  });

  it('SE-07 keeps a session alive that does nothing else', async () => {
    let tokens = first;
    for (let n = 0; n < 5; n += 1) {
      world.clock.advance({ minutes: 20 });
      tokens = await world.refresh(tokens.refreshToken);
    }

    expect(await world.access(first.sessionId)).toMatchObject({ state: 'live' });
  });

  it('looks again when somebody changed the session meanwhile', async () => {
    const rotate = world.refreshTokens.rotate.bind(world.refreshTokens);
    let overtaken = false;
    world.refreshTokens.rotate = async (...rotation) => {
      if (overtaken) return rotate(...rotation);
      overtaken = true;
      await world.ends.signOut(first.sessionId);
      return rotate(...rotation);
    };

    await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshInvalid);
    expect(world.dataOf('session.refreshed')).toEqual([]);
  });

  it('gives up when the session never stands still, without a word about the token', async () => {
    let looks = 0;
    world.refreshTokens.rotate = async () => {
      looks += 1;
      return false;
    };

    await expect(world.refresh(first.refreshToken)).rejects.toThrow(SessionStateUnavailable);
    expect(looks).toBe(4);
    expect(world.session(first.sessionId).revokedAt).toBeNull();
  });

  it('is refused after the sign-out, and says why to the record only', async () => {
    await world.ends.signOut(first.sessionId);

    await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshInvalid);
    expect(world.dataOf('session.refresh_rejected')).toEqual([{ sessionId: first.sessionId, reason: 'session_ended' }]);
  });

  it.each([
    ['of another epoch', aSignedInUser({ securityEpoch: 2 })],
    ['gone or disabled', null],
  ])('is refused once the account is %s', async (_how, account) => {
    world.credentials.account = account;

    await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshInvalid);
    expect(world.dataOf('session.refresh_rejected')).toEqual([
      { sessionId: first.sessionId, reason: 'account_changed' },
    ]);
    expect(world.dataOf('session.refreshed')).toEqual([]);
    // The session ends with it, so that a retry is no theft and the access token no longer opens anything.
    expect(world.dataOf('session.revoked')).toEqual([{ sessionId: first.sessionId, reason: 'account_changed' }]);
    await expect(world.access(first.sessionId)).rejects.toThrow(SessionRevoked);
    await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshInvalid);
    expect(world.dataOf('session.refresh_reuse_detected')).toEqual([]);
  });

  it.each(['', 'usr_', 'unknown', 'x'.repeat(128)])('is refused for %j, which nobody ever had', async (strange) => {
    await expect(world.refresh(strange)).rejects.toThrow(RefreshInvalid);

    expect(world.uow.published.at(-1)).toMatchObject({
      type: 'session.refresh_rejected',
      userId: null,
      data: { sessionId: null, reason: 'unknown' },
    });
    await world.refresh(first.refreshToken);
  });

  it('names the user of a refused token where there is one', async () => {
    await world.ends.signOut(first.sessionId);
    await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshInvalid);

    expect(world.uow.published.at(-1)).toMatchObject({ type: 'session.refresh_rejected', userId: USER_ID });
  });

  it('keeps the token good when its successor cannot be stored', async () => {
    const add = world.refreshTokens.add.bind(world.refreshTokens);
    world.refreshTokens.add = async () => {
      throw new Error('disk full');
    };
    await expect(world.refresh(first.refreshToken)).rejects.toThrow('disk full');
    world.refreshTokens.add = add;

    await expect(world.refresh(first.refreshToken)).resolves.toMatchObject({ sessionId: first.sessionId });
  });
});
