import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { RefreshToken } from '../src/application/ports.js';
import { after, aSession, NOW, SESSION_ID } from './builders.js';
import type { OpenSessionPorts, SessionPorts } from './session-ports.js';

const TOKEN: RefreshToken = {
  token: 'usr_q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM',
  sessionId: SESSION_ID,
  generation: 1,
  issuedAt: NOW,
  expiresAt: after({ days: 30 }),
};

/** What every `RefreshTokens` does, real or fake. */
export function describeRefreshTokens(name: string, open: OpenSessionPorts): void {
  describe(`Refresh tokens (${name})`, () => {
    let ports: SessionPorts;
    const add = (token: Partial<RefreshToken> = {}): Promise<void> =>
      ports.uow.run(() => ports.refreshTokens.add({ ...TOKEN, ...token }));
    const claim = (token = TOKEN.token, now = NOW): ReturnType<SessionPorts['refreshTokens']['claim']> =>
      ports.uow.run(() => ports.refreshTokens.claim(token, now));

    beforeEach(async () => {
      ports = await open();
      await ports.uow.run(() => ports.sessions.add(aSession()));
    });
    afterEach(() => ports.close());

    it('tell their session and generation to whoever spends them', async () => {
      await add({ generation: 7 });

      expect(await claim()).toEqual({ sessionId: SESSION_ID, generation: 7 });
    });

    it('are spent once', async () => {
      await add();
      await claim();

      expect(await claim()).toBeNull();
    });

    it('are spent by one of 20 parallel calls', async () => {
      await add();
      const claims = await Promise.all(Array.from({ length: 20 }, () => claim()));

      expect(claims.filter((each) => each !== null)).toHaveLength(1);
    });

    it('stay unspent when the unit of work fails', async () => {
      await add();
      const failed = ports.uow.run(async () => {
        await ports.refreshTokens.claim(TOKEN.token, NOW);
        throw new Error('no');
      });

      await expect(failed).rejects.toThrow('no');
      expect(await claim()).not.toBeNull();
    });

    it('are good up to the instant at which they expire', async () => {
      await add();

      expect(await claim(TOKEN.token, after({ days: 30 }))).toBeNull();
      expect(await claim(TOKEN.token, after({ days: 30, milliseconds: -1 }))).not.toBeNull();
    });

    it.each(['', 'usr_', TOKEN.token.slice(4), TOKEN.token.toLowerCase(), `${TOKEN.token} `, 'x'.repeat(128)])(
      'do not know %j',
      async (strange) => {
        await add();

        expect(await claim(strange)).toBeNull();
        expect(await ports.refreshTokens.find(strange)).toBeNull();
        expect(await claim()).not.toBeNull();
      },
    );

    it('can be looked at, spent, unspent or expired, without being spent by that', async () => {
      await add();
      const look = (): ReturnType<SessionPorts['refreshTokens']['find']> => ports.refreshTokens.find(TOKEN.token);

      expect(await look()).toEqual({ sessionId: SESSION_ID, generation: 1, used: false });
      expect(await look()).toEqual({ sessionId: SESSION_ID, generation: 1, used: false });
      await claim();
      expect(await look()).toEqual({ sessionId: SESSION_ID, generation: 1, used: true });
    });

    it('leave their successor alone when they are spent', async () => {
      await add();
      await add({ token: 'usr_second', generation: 2 });
      await claim();

      expect(await claim('usr_second')).toEqual({ sessionId: SESSION_ID, generation: 2 });
    });

    it('exist once for each generation of a session', async () => {
      await add();

      await expect(add({ token: 'usr_twin' })).rejects.toThrow();
      await expect(add({ generation: 2 })).rejects.toThrow();
    });

    it('are issued and spent inside of a unit of work only', async () => {
      await expect(ports.refreshTokens.add(TOKEN)).rejects.toThrow();
      await add();

      await expect(ports.refreshTokens.claim(TOKEN.token, NOW)).rejects.toThrow();
      expect(await claim()).not.toBeNull();
    });
  });
}
