import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { RefreshToken, Successor } from '../src/application/ports.js';
import type { Refreshed } from '../src/domain/events.js';
import type { PresentedToken } from '../src/domain/refresh-verdict.js';
import { after, aPresentedToken, aSession, NOW, USER_ID } from './builders.js';
import type { OpenSessionPorts, SessionPorts } from './session-ports.js';

const SOON = after({ minutes: 5 });
const FIRST = 'usr_q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM';
const SECOND: Successor = { token: 'usr_second', nonce: Buffer.alloc(16, 2).toString('base64url') };
const THIRD: Successor = { token: 'usr_third', nonce: Buffer.alloc(16, 3).toString('base64url') };

/** What every `RefreshTokens` does, real or fake. */
export function describeRefreshTokens(name: string, open: OpenSessionPorts): void {
  describe(`Refresh tokens (${name})`, () => {
    let ports: SessionPorts;
    let sessionId: string;
    const token = (changes: Partial<RefreshToken> = {}): RefreshToken => ({
      ...{ token: FIRST, sessionId, generation: 1, issuedAt: NOW, expiresAt: after({ days: 30 }) },
      ...changes,
    });
    const add = (changes: Partial<RefreshToken> = {}): Promise<void> =>
      ports.uow.run(() => ports.refreshTokens.add(token(changes)));
    const inspect = (text = FIRST, now = SOON): Promise<PresentedToken | null> =>
      ports.refreshTokens.inspect(text, now);
    const rotate = async (text = FIRST, successor = SECOND, now = SOON): Promise<boolean> => {
      const presented = await inspect(text, now);
      const generation = presented!.generation + 1;
      return ports.refreshTokens.rotate(text, presented!, successor, refreshed(sessionId, generation, now));
    };
    const end = (): Promise<void> =>
      ports.uow.run(async () => {
        const session = await ports.sessions.findForUpdate(sessionId);
        session!.signOut(NOW);
        await ports.sessions.save(session!);
      });

    beforeEach(async () => {
      ports = await open();
      sessionId = randomUUID();
      await ports.uow.run(() => ports.sessions.add(aSession({ id: sessionId })));
    });
    afterEach(() => ports.close());

    it('tell all that a verdict about them needs', async () => {
      await add({ generation: 7 });

      expect(await inspect()).toEqual(aPresentedToken({ sessionId, generation: 7 }));
    });

    it('tell of a session that has ended, and why', async () => {
      await add();
      await end();

      expect(await inspect()).toEqual(aPresentedToken({ sessionId, session: { revokeReason: 'logout' } }));
    });

    it('tell that the account is not what the session counts under', async () => {
      await add();
      await ports.raiseEpoch();

      expect((await inspect())?.account.current).toBe(false);
    });

    it('are known after they have expired', async () => {
      await add();

      expect(await inspect(FIRST, after({ days: 40 }))).toEqual(aPresentedToken({ sessionId }));
    });

    it.each(['', 'usr_', FIRST.slice(4), FIRST.toLowerCase(), `${FIRST} `, 'x'.repeat(128)])(
      'do not know %j',
      async (strange) => {
        await add();

        expect(await inspect(strange)).toBeNull();
      },
    );

    it('can be looked at without being spent by that', async () => {
      await add();

      expect(await inspect()).toEqual(await inspect());
      expect(await rotate()).toBe(true);
    });

    it('are spent for a successor that ends when they would have', async () => {
      await add();

      expect(await rotate()).toBe(true);
      expect(await inspect()).toMatchObject({ usedAt: SOON, nonce: SECOND.nonce, successorUsed: false });
      expect(await inspect(SECOND.token)).toEqual(
        aPresentedToken({ sessionId, generation: 2, session: { lastSeenAt: SOON } }),
      );
    });

    it('tell once their successor is spent', async () => {
      await add();
      await rotate();
      await rotate(SECOND.token, THIRD);

      expect(await inspect()).toMatchObject({ successorUsed: true });
      expect(await inspect(SECOND.token)).toMatchObject({ usedAt: SOON, successorUsed: false });
      expect(await inspect(THIRD.token)).toMatchObject({ generation: 3, usedAt: null });
    });

    it('are spent once', async () => {
      await add();
      await rotate();

      expect(await rotate(FIRST, THIRD)).toBe(false);
      expect(await inspect()).toMatchObject({ nonce: SECOND.nonce });
      expect(await inspect(THIRD.token)).toBeNull();
      expect(await ports.published()).toEqual(['session.refreshed']);
    });

    it('SE-04 are spent by one of 20 parallel calls, with one event', async () => {
      await add();
      const presented = (await inspect())!;
      const rotations = await Promise.all(
        Array.from({ length: 20 }, (_each, index) => {
          const successor = { ...SECOND, token: `usr_successor_${String(index)}` };
          return ports.refreshTokens.rotate(FIRST, presented, successor, refreshed(sessionId, 2, SOON));
        }),
      );

      expect(rotations.filter(Boolean)).toHaveLength(1);
      expect(await inspect(`usr_successor_${String(rotations.indexOf(true))}`)).toMatchObject({ generation: 2 });
      expect(await ports.published()).toEqual(['session.refreshed']);
    });

    it('note that their session was used', async () => {
      await add();
      await rotate();
      const session = await ports.uow.run(() => ports.sessions.findForUpdate(sessionId));

      expect(session?.state.lastSeenAt).toEqual(SOON);
    });

    it('are not spent once their session has ended', async () => {
      await add();
      const presented = (await inspect())!;
      await end();
      const done = await ports.refreshTokens.rotate(FIRST, presented, SECOND, refreshed(sessionId, 2, SOON));

      expect(done).toBe(false);
      expect(await inspect()).toMatchObject({ usedAt: null });
      expect(await inspect(SECOND.token)).toBeNull();
      expect(await ports.published()).toEqual(['session.logged_out']);
    });

    it('are not spent once the account has changed', async () => {
      await add();
      const presented = (await inspect())!;
      await ports.raiseEpoch();

      expect(await ports.refreshTokens.rotate(FIRST, presented, SECOND, refreshed(sessionId, 2, SOON))).toBe(false);
      expect(await ports.published()).toEqual([]);
    });

    it('SE-06 are not spent at the end of their session or later', async () => {
      await add();

      expect(await rotate(FIRST, SECOND, after({ days: 30 }))).toBe(false);
      expect(await rotate(FIRST, SECOND, after({ days: 30, milliseconds: -1 }))).toBe(true);
    });

    it('exist once for each generation of a session', async () => {
      await add();

      await expect(add({ token: 'usr_twin' })).rejects.toThrow();
    });

    it('are issued inside of a unit of work only', async () => {
      await expect(ports.refreshTokens.add(token())).rejects.toThrow();
      expect(await inspect()).toBeNull();
    });
  });
}

function refreshed(sessionId: string, generation: number, occurredAt: Date): Refreshed {
  return {
    type: 'session.refreshed',
    userId: USER_ID,
    occurredAt,
    data: { sessionId, generation, repeated: false },
  };
}
