import { beforeEach, describe, expect, it } from '@jest/globals';

import { after, aPresentedToken, aSession, NOW, SESSION_ID, USER_ID } from '../../testing/builders.js';
import { SessionWorld } from '../../testing/session-world.js';
import { RefreshInvalid, RefreshReused, SessionIdleTimeout } from '../domain/errors.js';
import type { SessionState } from '../domain/session.js';

const LATE = after({ minutes: 31 });
const PRESENTED = aPresentedToken({ generation: 3 });

describe('A refresh that spends no token', () => {
  let world: SessionWorld;
  const store = (changes: Partial<SessionState> = {}): Promise<void> =>
    world.uow.run(() => world.sessions.add(aSession(changes)));
  const rejection = (reason: string): object => ({ sessionId: SESSION_ID, reason });

  beforeEach(() => {
    world = new SessionWorld();
  });

  it('leaves a trace of a token that nobody ever had', async () => {
    await expect(world.settle.unknown(NOW)).rejects.toThrow(RefreshInvalid);

    expect(world.uow.published).toEqual([
      {
        type: 'session.refresh_rejected',
        userId: null,
        occurredAt: NOW,
        data: { sessionId: null, reason: 'unknown' },
      },
    ]);
  });

  it('leaves the trace that it is given for an answer that is given again', async () => {
    const data = { sessionId: SESSION_ID, generation: 2, repeated: true };
    const event = { type: 'session.refreshed', userId: USER_ID, occurredAt: NOW, data } as const;
    await world.settle.repeated(event);

    expect(world.uow.published).toEqual([event]);
  });

  it.each([
    ['expired', 'expired', RefreshInvalid],
    ['session_ended', 'session_ended', RefreshInvalid],
    ['ended_idle', 'idle', SessionIdleTimeout],
  ] as const)('changes nothing of a session where the verdict is %s', async (verdict, reason, error) => {
    await store();
    await expect(world.settle.refuse(PRESENTED, verdict, NOW)).rejects.toThrow(error);

    expect(world.uow.published).toEqual([
      { type: 'session.refresh_rejected', userId: USER_ID, occurredAt: NOW, data: rejection(reason) },
    ]);
    expect(world.live).toEqual([SESSION_ID]);
  });

  it('SE-03 ends the session of a reused token and writes to its owner, with no other trace', async () => {
    await store();
    await expect(world.settle.refuse(PRESENTED, 'reused', NOW)).rejects.toThrow(RefreshReused);

    expect(world.uow.publishedTypes).toEqual(['session.refresh_reuse_detected', 'session.revoked']);
    expect(world.session(SESSION_ID)).toMatchObject({ revokedAt: NOW, revokeReason: 'refresh_reuse' });
    expect(world.notices.sent).toEqual([{ kind: 'refresh_reused', userId: USER_ID, sessionId: SESSION_ID }]);
    expect(world.liveness.told).toEqual([SESSION_ID]);
  });

  it('ends the session of an account that changed', async () => {
    await store();
    await expect(world.settle.refuse(PRESENTED, 'account_changed', NOW)).rejects.toThrow(RefreshInvalid);

    expect(world.dataOf('session.revoked')).toEqual([rejection('account_changed')]);
    expect(world.dataOf('session.refresh_rejected')).toEqual([rejection('account_changed')]);
    expect(world.notices.sent).toEqual([]);
  });

  it('SE-07 ends the session that rested too long', async () => {
    await store();
    await expect(world.settle.refuse(PRESENTED, 'idle', LATE)).rejects.toThrow(SessionIdleTimeout);

    expect(world.uow.publishedTypes).toEqual(['session.idle_expired', 'session.refresh_rejected']);
    expect(world.dataOf('session.refresh_rejected')).toEqual([rejection('idle')]);
  });

  it('SE-07 wants another look where the session was used meanwhile', async () => {
    await store({ lastSeenAt: LATE });

    expect(await world.settle.refuse(PRESENTED, 'idle', LATE)).toBeNull();
    expect(world.uow.published).toEqual([]);
    expect(world.live).toEqual([SESSION_ID]);
  });

  it('SE-07 wants another look where this process saw the session used meanwhile', async () => {
    await store();
    await world.liveness.standingOf(SESSION_ID, after({ minutes: 20 }));

    expect(await world.settle.refuse(PRESENTED, 'idle', LATE)).toBeNull();
    expect(world.live).toEqual([SESSION_ID]);
  });

  it.each(['reused', 'idle', 'account_changed'] as const)(
    'wants another look where a session to be ended for %s has ended meanwhile',
    async (verdict) => {
      await store({ revokedAt: NOW, revokeReason: 'logout' });

      expect(await world.settle.refuse(PRESENTED, verdict, LATE)).toBeNull();
      expect(world.uow.published).toEqual([]);
      expect(world.session(SESSION_ID).revokeReason).toBe('logout');
    },
  );

  it('wants another look where there is no session any more', async () => {
    expect(await world.settle.refuse(PRESENTED, 'reused', NOW)).toBeNull();
    expect(world.notices.sent).toEqual([]);
  });
});
