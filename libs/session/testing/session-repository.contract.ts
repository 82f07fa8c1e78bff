import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { SessionStanding } from '../src/application/ports.js';
import type { Session, SessionState } from '../src/domain/session.js';
import { after, aNewSession, aSession, aSessionState, IDLE_MINUTES, NOW, USER_ID } from './builders.js';
import type { OpenSessionPorts, SessionPorts } from './session-ports.js';

const STRANGER = '01938a6e-0000-7000-8000-00000000dddd';
const SOON = after({ minutes: 5 });

const ENDS: readonly [how: string, end: (session: Session) => void, reason: string, events: string[]][] = [
  ['sign-out', (session) => session.signOut(SOON), 'logout', ['session.logged_out']],
  ['eviction', (session) => session.evict(SOON), 'evicted', ['session.evicted']],
  ['rest', (session) => session.endIdle(SOON), 'idle', ['session.idle_expired']],
  ['revocation', (session) => session.revoke('operator', SOON), 'operator', ['session.revoked']],
  [
    'reuse',
    (session) => session.endForReuse(3, SOON),
    'refresh_reuse',
    ['session.refresh_reuse_detected', 'session.revoked'],
  ],
];

/** What every `SessionRepository` and `SessionLiveness` do together, real or fake. */
export function describeSessionRepository(name: string, open: OpenSessionPorts): void {
  describe(`A session repository (${name})`, () => {
    let ports: SessionPorts;
    // A new one for each test: that a session has ended is never forgotten.
    let id: string;
    const session = (changes: Partial<SessionState> = {}): Session => aSession({ id, ...changes });
    const add = (added = session()): Promise<void> => ports.uow.run(() => ports.sessions.add(added));
    const find = (wanted = id): Promise<Session | null> => ports.uow.run(() => ports.sessions.findForUpdate(wanted));
    const change = (how: (found: Session) => void): Promise<void> =>
      ports.uow.run(async () => {
        const found = await ports.sessions.findForUpdate(id);
        how(found!);
        await ports.sessions.save(found!);
      });
    const standing = async (now = NOW, wanted = id): Promise<SessionStanding['state']> =>
      (await ports.liveness.standingOf(wanted, now)).state;

    beforeEach(async () => {
      ports = await open();
      id = randomUUID();
    });
    afterEach(() => ports.close());

    it('gives a session back whole', async () => {
      await add();

      expect((await find())?.state).toEqual(aSessionState({ id }));
    });

    it('keeps what is absent absent', async () => {
      const nothing = { deviceName: null, ip: null, userAgent: null };
      await add(aNewSession({ id, ...nothing, rememberMe: true }));

      expect((await find())?.state).toEqual(aSessionState({ id, userAgent: null, rememberMe: true }));
    });

    it('knows no strange session', async () => {
      await add();

      expect(await find(STRANGER)).toBeNull();
      expect(await standing(NOW, STRANGER)).toBe('ended');
    });

    it('publishes the sign-in when the unit of work ends, once', async () => {
      const fresh = aNewSession({ id });
      await ports.uow.run(async () => {
        await ports.sessions.add(fresh);
        await ports.sessions.save(fresh);
      });

      expect(await ports.published()).toEqual(['session.login_succeeded']);
    });

    it('leaves neither session nor event when the unit of work fails', async () => {
      const work = ports.uow.run(async () => {
        await ports.sessions.add(aNewSession({ id }));
        throw new Error('no');
      });

      await expect(work).rejects.toThrow('no');
      expect(await find()).toBeNull();
      expect(await ports.published()).toEqual([]);
    });

    it('LG-09 never lets a second session have the id of another', async () => {
      await add();

      await expect(add()).rejects.toThrow();
    });

    it('finds the sessions of a user that have not ended', async () => {
      const [young, old, ended] = [randomUUID(), randomUUID(), randomUUID()];
      await add(session({ id: young }));
      await add(session({ id: old, expiresAt: after({ days: 1 }) }));
      await add(session({ id: ended, revokedAt: NOW, revokeReason: 'logout' }));
      const idsAt = (now: Date, userId = USER_ID): Promise<string[]> =>
        ports.uow.run(async () =>
          (await ports.sessions.findLiveForUpdate(userId, now)).map(({ state }) => state.id).sort(),
        );

      expect(await idsAt(after({ days: 1, milliseconds: -1 }))).toEqual([young, old].sort());
      expect(await idsAt(after({ days: 1 }))).toEqual([young]);
      expect(await idsAt(NOW, STRANGER)).toEqual([]);
    });

    it('stores that a session counts under a new epoch', async () => {
      await add();
      await change((found) => {
        found.carryOver(2);
      });

      expect((await find())?.state).toEqual(aSessionState({ id, epoch: 2 }));
      expect(await ports.published()).toEqual([]);
    });

    it.each(ENDS)('TK-11 stores the end by %s with its events, and refuses it at once', async (...row) => {
      const [how, end, revokeReason, events] = row;
      await add();
      expect(await standing()).toBe('live');
      await change(end);

      expect((await find())?.state).toEqual(aSessionState({ id, revokedAt: SOON, revokeReason } as SessionState));
      expect(await standing()).toBe(how === 'rest' ? 'ended_idle' : 'ended');
      expect(await ports.published()).toEqual(events);
    });

    it('tells of a session that was ended for its rest before anybody asked here', async () => {
      await add(session({ revokedAt: NOW, revokeReason: 'idle' }));

      expect(await standing()).toBe('ended_idle');
    });

    it('ends a session once, however many sign out in parallel', async () => {
      await add();
      await Promise.all(
        Array.from({ length: 20 }, () =>
          change((found) => {
            found.signOut(NOW);
          }),
        ),
      );

      expect(await ports.published()).toEqual(['session.logged_out']);
    });

    it('refuses nothing whose end was not committed', async () => {
      await add();
      const work = ports.uow.run(async () => {
        const found = await ports.sessions.findForUpdate(id);
        found!.signOut(NOW);
        await ports.sessions.save(found!);
        throw new Error('no');
      });

      await expect(work).rejects.toThrow('no');
      expect(await standing()).toBe('live');
    });

    it('SE-06 tells live from ended at the instant of its end', async () => {
      await add(session({ rememberMe: true }));

      expect(await standing(NOW)).toBe('live');
      expect(await standing(after({ days: 30, milliseconds: -1 }))).toBe('live');
      expect(await standing(after({ days: 30 }))).toBe('ended');
    });

    it('SE-07 tells when a session has rested too long, unless it is to be remembered', async () => {
      const remembered = randomUUID();
      await add();
      await add(session({ id: remembered, rememberMe: true }));
      const late = after({ minutes: IDLE_MINUTES + 1 });

      expect(await standing(late)).toBe('idle');
      expect(await standing(late, remembered)).toBe('live');
    });

    it('tells who it is, with the roles of the account, and when it was used', async () => {
      await add();
      expect(ports.liveness.lastUsed(id)).toBeNull();

      expect(await ports.liveness.standingOf(id, SOON)).toEqual({
        state: 'live',
        userId: USER_ID,
        roles: ['user'],
        secondFactor: 'none',
        accountVersion: 1,
      });
      expect(ports.liveness.lastUsed(id)).toEqual(SOON);
    });

    it('refuses a session once its account is of another epoch', async () => {
      await add();
      await ports.raiseEpoch();

      expect(await standing()).toBe('ended');
    });

    it('writes inside of a unit of work only', async () => {
      await expect(ports.sessions.add(session())).rejects.toThrow();
      await add();
      const ended = session();
      ended.signOut(NOW);

      await expect(ports.sessions.save(ended)).rejects.toThrow();
      expect(await standing()).toBe('live');
    });
  });
}
