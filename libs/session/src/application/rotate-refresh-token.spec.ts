import { beforeEach, describe, expect, it } from '@jest/globals';

import { after, aSignedInUser, USER_ID } from '../../testing/builders.js';
import { readAccessToken } from '../../testing/fakes.js';
import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import { RefreshInvalid, RefreshReused, SessionRevoked } from '../domain/errors.js';
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
    expect(world.dataOf('session.refreshed')).toEqual([{ sessionId: first.sessionId, generation: 2 }]);
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

  it('never moves the end of the session', async () => {
    world.clock.advance({ days: 29 });
    const second = await world.refresh(first.refreshToken);

    expect(second.refreshExpiresIn).toBe(86_400 - 600);
    world.clock.set(after({ days: 30 }).toISOString());
    await expect(world.refresh(second.refreshToken)).rejects.toThrow(RefreshInvalid);
    expect(world.dataOf('session.refresh_rejected')).toEqual([{ sessionId: first.sessionId, reason: 'expired' }]);
  });

  it('notes that the session was seen', async () => {
    await world.refresh(first.refreshToken);

    expect(world.session(first.sessionId).lastSeenAt).toEqual(world.clock.now());
  });

  describe('with a token that was spent', () => {
    it('ends the session for everybody, and tells so', async () => {
      const second = await world.refresh(first.refreshToken);
      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshReused);

      expect(world.dataOf('session.refresh_reuse_detected')).toEqual([{ sessionId: first.sessionId, generation: 1 }]);
      expect(world.dataOf('session.revoked')).toEqual([{ sessionId: first.sessionId, reason: 'refresh_reuse' }]);
      await expect(world.checkAccess.execute(first.sessionId)).rejects.toThrow(SessionRevoked);
      await expect(world.refresh(second.refreshToken)).rejects.toThrow(RefreshInvalid);
    });

    it('leaves the other sessions of the user alone', async () => {
      const other = await world.signIn.execute(CREDENTIALS);
      await world.refresh(first.refreshToken);
      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshReused);

      await world.checkAccess.execute(other.sessionId);
      await world.refresh(other.refreshToken);
    });

    it('detects it once; the session is dead after that', async () => {
      await world.refresh(first.refreshToken);
      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshReused);
      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshInvalid);

      expect(world.dataOf('session.refresh_reuse_detected')).toHaveLength(1);
    });

    it('is no reuse when the session was signed out in good order', async () => {
      await world.refresh(first.refreshToken);
      await world.signOut.execute(first.sessionId);

      await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshInvalid);
      expect(world.session(first.sessionId).revokeReason).toBe('logout');
      expect(world.dataOf('session.refresh_reuse_detected')).toEqual([]);
    });
  });

  it('in parallel with one token has one winner, and the others end the session', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => world.refresh(first.refreshToken)));
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));

    expect(errors).toHaveLength(9);
    expect(errors.filter((error) => error instanceof RefreshReused)).toHaveLength(1);
    expect(errors.filter((error) => error instanceof RefreshInvalid)).toHaveLength(8);
    expect(world.dataOf('session.refreshed')).toHaveLength(1);
    await expect(world.checkAccess.execute(first.sessionId)).rejects.toThrow(SessionRevoked);
  });

  it('is refused after the sign-out, and says why to the record only', async () => {
    await world.signOut.execute(first.sessionId);

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
    expect(world.refreshTokens.unspent).toEqual([]);
    // The session ends with it, so that a retry is no theft and the access token no longer opens anything.
    expect(world.dataOf('session.revoked')).toEqual([{ sessionId: first.sessionId, reason: 'account_changed' }]);
    await expect(world.checkAccess.execute(first.sessionId)).rejects.toThrow(SessionRevoked);
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
    await world.signOut.execute(first.sessionId);
    await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshInvalid);

    expect(world.uow.published.at(-1)).toMatchObject({ type: 'session.refresh_rejected', userId: USER_ID });
  });

  it('keeps the token good when its successor cannot be stored', async () => {
    const { add } = world.refreshTokens;
    world.refreshTokens.add = async () => {
      throw new Error('disk full');
    };
    await expect(world.refresh(first.refreshToken)).rejects.toThrow('disk full');
    world.refreshTokens.add = add.bind(world.refreshTokens);

    await expect(world.refresh(first.refreshToken)).resolves.toMatchObject({ sessionId: first.sessionId });
  });

  it('keeps tokens out of what it records', async () => {
    const second = await world.refresh(first.refreshToken);
    await expect(world.refresh(first.refreshToken)).rejects.toThrow(RefreshReused);

    const recorded = JSON.stringify(world.uow.published);
    expect(recorded).not.toContain(first.refreshToken);
    expect(recorded).not.toContain(second.refreshToken);
  });
});
