import { describe, expect, it } from '@jest/globals';

import { after, aNewSession, aSession, aSessionState, NOW, SESSION_ID, USER_ID } from '../../testing/builders.js';
import { Session } from './session.js';

const LATER = after({ minutes: 5 });
const about = { userId: USER_ID, occurredAt: LATER };

describe('A session that begins', () => {
  it('is live from now on, authenticated now', () => {
    expect(aNewSession().state).toEqual(aSessionState());
    expect(aNewSession().isLive(NOW)).toBe(true);
  });

  it('knows the device it is opened on, which a session that goes on has no need of', () => {
    expect(aNewSession().origin).toEqual({ deviceName: '민지의 노트북', ip: '203.0.113.77' });
    expect(aSession().origin).toBeNull();
  });

  it('tells who signed in, and how', () => {
    expect(aNewSession().pullEvents()).toEqual([
      {
        type: 'session.login_succeeded',
        userId: USER_ID,
        occurredAt: NOW,
        data: { sessionId: SESSION_ID, amr: ['pwd'] },
      },
    ]);
  });
});

describe('A session', () => {
  it('is over at the instant of its end', () => {
    expect(aSession().isLive(after({ days: 30, milliseconds: -1 }))).toBe(true);
    expect(aSession().isLive(after({ days: 30 }))).toBe(false);
  });

  it('ends when its owner signs out', () => {
    const session = aSession();
    session.signOut(LATER);

    expect(session.isLive(LATER)).toBe(false);
    expect(session.state).toEqual(aSessionState({ revokedAt: LATER, revokeReason: 'logout' }));
    expect(session.pullEvents()).toEqual([{ ...about, type: 'session.logged_out', data: { sessionId: SESSION_ID } }]);
  });

  it('ends once: who signs out again changes nothing and is not told about', () => {
    const session = aSession();
    session.signOut(LATER);
    session.pullEvents();
    session.signOut(after({ minutes: 10 }));

    expect(session.state.revokedAt).toEqual(LATER);
    expect(session.pullEvents()).toEqual([]);
  });

  it('ends when a spent refresh token comes back, and tells both the reuse and the end', () => {
    const session = aSession();
    session.endForReuse(3, LATER);

    expect(session.state).toEqual(aSessionState({ revokedAt: LATER, revokeReason: 'refresh_reuse' }));
    expect(session.pullEvents()).toEqual([
      { ...about, type: 'session.refresh_reuse_detected', data: { sessionId: SESSION_ID, generation: 3 } },
      { ...about, type: 'session.revoked', data: { sessionId: SESSION_ID, reason: 'refresh_reuse' } },
    ]);
  });

  it('tells of a reuse after its end, and keeps the reason for which it ended', () => {
    const session = aSession({ revokedAt: NOW, revokeReason: 'logout' });
    session.endForReuse(3, LATER);

    expect(session.state).toMatchObject({ revokedAt: NOW, revokeReason: 'logout' });
    expect(session.pullEvents().map(({ type }) => type)).toEqual(['session.refresh_reuse_detected']);
  });

  it.each([
    ['evicted', 'session.evicted', {}, (session: Session) => session.evict(LATER)],
    ['idle', 'session.idle_expired', {}, (session: Session) => session.endIdle(LATER)],
    ['operator', 'session.revoked', { reason: 'operator' }, (session: Session) => session.revoke('operator', LATER)],
  ] as const)('ends as %s once, and tells so by %s', (revokeReason, type, data, end) => {
    const session = aSession();
    end(session);
    end(session);

    expect(session.state).toEqual(aSessionState({ revokedAt: LATER, revokeReason }));
    expect(session.pullEvents()).toEqual([{ ...about, type, data: { sessionId: SESSION_ID, ...data } }]);
  });

  it('carried over to a new epoch stays what it is otherwise, and is no news', () => {
    const session = aSession();
    session.carryOver(2);

    expect(session.state).toEqual(aSessionState({ epoch: 2 }));
    expect(session.pullEvents()).toEqual([]);
  });

  it('restored, has nothing to tell, and changes nothing of what it was restored from', () => {
    const state = aSessionState();
    const session = Session.restore(state);
    expect(session.pullEvents()).toEqual([]);

    session.signOut(LATER);

    expect(state).toEqual(aSessionState());
  });
});
