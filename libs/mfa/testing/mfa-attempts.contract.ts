import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { UnitOfWork } from '#kernel';

import type { AttemptCounter, MfaAttempts } from '../src/application/ports.js';

/** Empty when it is opened; both accounts are there. */
export interface MfaAttemptsPort {
  readonly uow: UnitOfWork;
  readonly attempts: MfaAttempts;
  readonly userId: string;
  readonly otherUserId: string;
  close(): Promise<void>;
}

const NOW = new Date('2026-03-01T09:00:00.000Z');
const SESSION = '01938a6e-0000-7000-8000-0000000000e3';
const OTHER_SESSION = '01938a6e-0000-7000-8000-0000000000e4';
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);

/** What every `MfaAttempts` does, real or fake. */
export function describeMfaAttempts(name: string, open: () => Promise<MfaAttemptsPort>): void {
  describe(`MF-06 Counted guesses (${name})`, () => {
    let port: MfaAttemptsPort;
    const reserve = (at: Date, userId = port.userId): ReturnType<MfaAttempts['reserve']> =>
      port.attempts.reserve({ userId, purpose: 'proof' }, at);
    const granted = async (at: Date): Promise<boolean> => (await reserve(at)).granted;
    const release = (at: Date): Promise<void> =>
      port.uow.run(() => port.attempts.release({ userId: port.userId, purpose: 'proof' }, at));

    const within = (sessionId: string): AttemptCounter => ({
      userId: port.userId,
      purpose: 'session_passkey',
      sessionId,
    });

    beforeEach(async () => {
      port = await open();
    });
    afterEach(() => port.close());

    it('are five, the last of which is named', async () => {
      const last: unknown[] = [];
      for (let second = 0; second < 5; second += 1) last.push(await reserve(later(second)));

      expect(last.map((each) => (each as { isLast: boolean }).isLast)).toEqual([false, false, false, false, true]);
      expect(await reserve(later(10))).toEqual({ granted: false, retryAfterSeconds: 890 });
    });

    it('are five of a hundred that come at once', async () => {
      const all = await Promise.all(Array.from({ length: 100 }, () => reserve(NOW)));

      expect(all.filter((each) => each.granted)).toHaveLength(5);
    });

    it('are forgotten one by one after a quarter of an hour', async () => {
      for (let second = 0; second < 5; second += 1) await reserve(later(second * 60));

      expect(await granted(later(899))).toBe(false);
      expect(await granted(later(901))).toBe(true);
      expect(await granted(later(902))).toBe(false);
      expect(await granted(later(961))).toBe(true);
    });

    it('are taken back one at a time, also where two came in the same millisecond', async () => {
      for (let time = 0; time < 5; time += 1) await reserve(NOW);
      await release(NOW);

      expect(await granted(NOW)).toBe(true);
      expect(await granted(NOW)).toBe(false);
      await release(later(5));
      expect(await granted(NOW)).toBe(false);
    });

    it('are those of one user, and of one purpose', async () => {
      for (let time = 0; time < 5; time += 1) await reserve(NOW);

      expect((await reserve(NOW, port.otherUserId)).granted).toBe(true);
      expect((await port.attempts.reserve({ userId: port.userId, purpose: 'enrolment' }, NOW)).granted).toBe(true);
      expect((await port.attempts.reserve(within(SESSION), NOW)).granted).toBe(true);
      expect(await granted(NOW)).toBe(false);
    });

    it('MF-09 of passkeys within a session are five of that session, and leave all others alone', async () => {
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, second) => port.attempts.reserve(within(SESSION), later(second))),
      );
      expect(all.filter((each) => each.granted)).toHaveLength(5);

      expect((await port.attempts.reserve(within(OTHER_SESSION), NOW)).granted).toBe(true);
      expect(await granted(NOW)).toBe(true);
      await port.uow.run(() => port.attempts.release(within(OTHER_SESSION), NOW));
      const [first] = all.flatMap((each) => (each.granted ? [each.at] : []));
      expect((await port.attempts.reserve(within(SESSION), later(30))).granted).toBe(false);
      await port.uow.run(() => port.attempts.release(within(SESSION), first!));
      expect((await port.attempts.reserve(within(SESSION), later(30))).granted).toBe(true);
    });

    it('MF-12 are told of three times an hour', async () => {
      const claim = (at: Date): Promise<boolean> => port.uow.run(() => port.attempts.claimNotice(port.userId, at));
      const claims: boolean[] = [];
      for (const second of [0, 10, 20, 30, 3_599, 3_601, 3_602]) claims.push(await claim(later(second)));

      expect(claims).toEqual([true, true, true, false, false, true, false]);
    });
  });
}
