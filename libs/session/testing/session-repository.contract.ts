import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { after, aNewSession, aSession, aSessionState, NOW, SESSION_ID } from './builders.js';
import type { OpenSessionPorts, SessionPorts } from './session-ports.js';

const STRANGER = '01938a6e-0000-7000-8000-00000000dddd';

/** What every `SessionRepository` and `SessionLiveness` do together, real or fake. */
export function describeSessionRepository(name: string, open: OpenSessionPorts): void {
  describe(`A session repository (${name})`, () => {
    let ports: SessionPorts;
    const add = (session = aSession()): Promise<void> => ports.uow.run(() => ports.sessions.add(session));
    const find = (id = SESSION_ID): ReturnType<SessionPorts['sessions']['findForUpdate']> =>
      ports.uow.run(() => ports.sessions.findForUpdate(id));

    beforeEach(async () => {
      ports = await open();
    });
    afterEach(() => ports.close());

    it('gives a session back whole', async () => {
      await add();

      expect((await find())?.state).toEqual(aSessionState());
    });

    it('keeps what is absent absent', async () => {
      const nothing = { deviceName: null, ip: null, userAgent: null };
      await add(aSession({ ...nothing, rememberMe: true }));

      expect((await find())?.state).toEqual(aSessionState({ ...nothing, rememberMe: true }));
    });

    it('knows no strange session', async () => {
      await add();

      expect(await find(STRANGER)).toBeNull();
      expect(await ports.liveness.isLive(STRANGER, NOW)).toBe(false);
    });

    it('publishes the sign-in when the unit of work ends, once', async () => {
      const session = aNewSession();
      await ports.uow.run(async () => {
        await ports.sessions.add(session);
        await ports.sessions.save(session);
      });

      expect(await ports.published()).toEqual(['session.login_succeeded']);
    });

    it('leaves neither session nor event when the unit of work fails', async () => {
      const work = ports.uow.run(async () => {
        await ports.sessions.add(aNewSession());
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

    it('stores a refresh with its event', async () => {
      await add();
      await ports.uow.run(async () => {
        const session = await ports.sessions.findForUpdate(SESSION_ID);
        session!.refreshed(2, after({ minutes: 5 }));
        await ports.sessions.save(session!);
      });

      expect((await find())?.state).toEqual(aSessionState({ lastSeenAt: after({ minutes: 5 }) }));
      expect(await ports.published()).toEqual(['session.refreshed']);
    });

    it.each([
      ['sign-out', 'logout', ['session.logged_out']],
      ['reuse', 'refresh_reuse', ['session.refresh_reuse_detected', 'session.revoked']],
    ] as const)('stores the end by %s with its events', async (_how, revokeReason, events) => {
      await add();
      const end = after({ minutes: 5 });
      await ports.uow.run(async () => {
        const session = await ports.sessions.findForUpdate(SESSION_ID);
        if (revokeReason === 'logout') session!.signOut(end);
        else session!.endForReuse(3, end);
        await ports.sessions.save(session!);
      });

      expect((await find())?.state).toEqual(aSessionState({ revokedAt: end, revokeReason }));
      expect(await ports.liveness.isLive(SESSION_ID, end)).toBe(false);
      expect(await ports.published()).toEqual(events);
    });

    it('ends a session once, however many sign out in parallel', async () => {
      await add();
      await Promise.all(
        Array.from({ length: 20 }, () =>
          ports.uow.run(async () => {
            const session = await ports.sessions.findForUpdate(SESSION_ID);
            session!.signOut(NOW);
            await ports.sessions.save(session!);
          }),
        ),
      );

      expect(await ports.published()).toEqual(['session.logged_out']);
    });

    it('tells live from ended at the instant of its end', async () => {
      await add();

      expect(await ports.liveness.isLive(SESSION_ID, NOW)).toBe(true);
      expect(await ports.liveness.isLive(SESSION_ID, after({ days: 30, milliseconds: -1 }))).toBe(true);
      expect(await ports.liveness.isLive(SESSION_ID, after({ days: 30 }))).toBe(false);
    });

    it('TK-11 tells that a session has ended as soon as its unit of work has', async () => {
      await add();
      await ports.uow.run(async () => {
        const session = await ports.sessions.findForUpdate(SESSION_ID);
        session!.signOut(NOW);
        await ports.sessions.save(session!);
      });

      expect(await ports.liveness.isLive(SESSION_ID, NOW)).toBe(false);
    });

    it('writes inside of a unit of work only', async () => {
      await expect(ports.sessions.add(aSession())).rejects.toThrow();
      await add();
      const session = aSession();
      session.signOut(NOW);

      await expect(ports.sessions.save(session)).rejects.toThrow();
      expect(await ports.liveness.isLive(SESSION_ID, NOW)).toBe(true);
    });
  });
}
