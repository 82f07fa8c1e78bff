import { beforeEach, describe, expect, it } from '@jest/globals';

import { aSignedInUser, USER_ID } from '../../testing/builders.js';
import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import { SessionIdleTimeout, SessionRevoked } from '../domain/errors.js';
import type { SessionStanding } from './ports.js';

describe('The check of access', () => {
  let world: SessionWorld;

  beforeEach(() => {
    world = new SessionWorld();
  });

  it('lets a live session pass, until the instant of its end', async () => {
    const { sessionId } = await world.signIn.execute({ ...CREDENTIALS, rememberMe: true });
    world.clock.advance({ days: 30, milliseconds: -1 });
    await expect(world.access(sessionId)).resolves.toMatchObject({ state: 'live', userId: USER_ID });

    world.clock.advance({ milliseconds: 1 });
    await expect(world.access(sessionId)).rejects.toThrow(SessionRevoked);
  });

  it('answers without a promise when the state is at hand', async () => {
    const { sessionId } = await world.signIn.execute(CREDENTIALS);

    expect(world.checkAccess.execute(sessionId)).toMatchObject({ state: 'live' });
    world.clock.advance({ days: 31 });
    expect(() => world.checkAccess.execute(sessionId)).toThrow(SessionRevoked);
    expect(world.refusedTokens).toEqual([]);
  });

  it('tells of a token whose session has ended, where its user is known', async () => {
    const { sessionId } = await world.signIn.execute({ ...CREDENTIALS, rememberMe: true });
    world.clock.advance({ days: 31 });

    expect(() => world.checkAccess.execute(sessionId, USER_ID)).toThrow(SessionRevoked);
    expect(world.refusedTokens).toEqual([[USER_ID, sessionId, 'session_revoked']]);
  });

  it('waits for a state that has to be looked up', async () => {
    const { sessionId } = await world.signIn.execute(CREDENTIALS);
    const standingOf = world.liveness.standingOf.bind(world.liveness);
    world.liveness.standingOf = async (...question) => standingOf(...question);

    await expect(world.access(sessionId)).resolves.toMatchObject({ state: 'live' });
    world.clock.advance({ days: 31 });
    await expect(world.access(sessionId)).rejects.toThrow(SessionRevoked);
  });

  it('SE-14 tells the roles that the account has now', async () => {
    const { sessionId } = await world.signIn.execute(CREDENTIALS);
    world.credentials.account = aSignedInUser({ roles: ['user', 'admin'] });

    expect(await world.access(sessionId)).toMatchObject({ roles: ['user', 'admin'] });
  });

  it('stops a session that does not exist', async () => {
    await expect(world.access('01938a6e-0000-7000-8000-00000000dddd')).rejects.toThrow(SessionRevoked);
  });

  it('SE-07 ends a session that rested too long, and says so from then on', async () => {
    const { sessionId } = await world.signIn.execute(CREDENTIALS);
    world.clock.advance({ minutes: 31 });

    await expect(world.access(sessionId)).rejects.toThrow(SessionIdleTimeout);
    await expect(world.access(sessionId)).rejects.toThrow(SessionIdleTimeout);
    expect(world.dataOf('session.idle_expired')).toEqual([{ sessionId }]);
    expect(world.session(sessionId).revokeReason).toBe('idle');
  });

  it.each([
    ['live', undefined],
    ['ended', SessionRevoked],
    ['ended_idle', SessionIdleTimeout],
    ['idle', SessionIdleTimeout],
  ] as const)('SE-07 looks again when an idle session cannot be ended: %s', async (state, refusal) => {
    const standing = (now: SessionStanding['state']): SessionStanding => ({
      ...{ state: now, userId: USER_ID, roles: ['user'], accountVersion: 1, secondFactor: 'none' },
    });
    const looks = [standing('idle'), standing(state)];
    // Somebody else used or ended it: there is nothing that could be ended.
    world.liveness.standingOf = () => looks.shift()!;
    const checked = world.access('01938a6e-0000-7000-8000-00000000dddd');

    if (refusal === undefined) await expect(checked).resolves.toEqual(standing('live'));
    else await expect(checked).rejects.toThrow(refusal);
    expect(looks).toEqual([]);
  });

  it('does not take a failing store for an ended session', async () => {
    world.liveness.standingOf = async () => {
      throw new Error('database down');
    };

    await expect(world.access('any')).rejects.toThrow('database down');
  });
});
