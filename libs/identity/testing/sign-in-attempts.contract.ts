import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type {
  AddressAttempt,
  ReservedAttempt,
  ThrottledAttempt,
  VoidedFailures,
} from '../src/application/sign-in-attempts.js';
import { anEmail, aUser, aUserState, NOW, USER_ID } from './builders.js';
import type { IdentityPorts, OpenIdentityPorts } from './identity-ports.js';

const EMAIL = anEmail('kim@example.com');
const KIM: AddressAttempt = { name: EMAIL.value, email: EMAIL, source: '203.0.113.7', deviceToken: null };
const NOBODY: AddressAttempt = { ...KIM, name: 'lee@example.com', email: anEmail('lee@example.com') };
const IN_SESSION = { userId: USER_ID, sessionId: '01938a6e-0000-7000-8000-00000000cccc', source: KIM.source };
const later = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);

/** What every `SignInAttempts` does, real or fake, with five failures in fifteen minutes. */
export function describeSignInAttempts(name: string, open: OpenIdentityPorts): void {
  describe(`Attempts to sign in (${name})`, () => {
    let ports: IdentityPorts;

    beforeEach(async () => {
      ports = await open();
      await ports.uow.run(() => ports.users.add(aUser()));
    });
    afterEach(() => ports.close());

    const reserve = (attempt: AddressAttempt, now = NOW): Promise<ReservedAttempt | ThrottledAttempt> =>
      ports.attempts.reserve(attempt, now);
    const reserved = async (attempt: AddressAttempt, now = NOW): Promise<ReservedAttempt> => {
      const answer = await reserve(attempt, now);
      if (answer.outcome === 'throttled') throw new Error('It was not admitted');
      return answer;
    };
    const fail = async (attempt: AddressAttempt, now = NOW): Promise<void> => {
      const { ticket } = await reserved(attempt, now);
      await ports.uow.run(() => ports.attempts.failed(ticket, now));
    };

    /** Whether it locked the address. */
    const failInSession = async (now = NOW): Promise<boolean> => {
      const answer = await ports.attempts.reserveInSession(IN_SESSION, now);
      if (answer.outcome === 'throttled') throw new Error('It was not admitted');
      return ports.uow.run(() => ports.attempts.failed(answer.ticket, now));
    };
    const voidAll = (at = NOW): Promise<VoidedFailures> =>
      ports.uow.run(() => ports.attempts.voidAll({ id: USER_ID, email: EMAIL }, at));
    const change = (at: Date): Promise<void> =>
      ports.uow.run(async () => {
        const user = await ports.users.findForUpdate(USER_ID);
        user?.changePassword('another hash', IN_SESSION.sessionId, at);
        if (user !== null) await ports.users.save(user);
      });

    it('are reserved with what proves the user, and with nothing for nobody', async () => {
      expect((await reserved(KIM)).credentials?.passwordHash).toBe(aUserState().passwordHash);
      expect((await reserved(NOBODY)).credentials).toBeNull();
    });

    it.each([
      ['somebody', KIM],
      ['nobody', NOBODY],
    ])('of %s are admitted five times at once, however many ask', async (_who, attempt) => {
      const answers = await Promise.all(Array.from({ length: 12 }, () => reserve(attempt)));

      const refused = answers.filter(({ outcome }) => outcome === 'throttled');
      expect(refused).toHaveLength(7);
      for (const answer of refused)
        expect(answer).toMatchObject({ by: 'guesses', retryAfterSeconds: 1, isUndecided: true });
    });

    it('that have failed keep others out until their window is over', async () => {
      for (let n = 0; n < 5; n += 1) await fail(KIM);

      expect(await reserve(KIM, later(5))).toMatchObject({ by: 'guesses', retryAfterSeconds: 600, isUndecided: false });
      expect((await reserve({ ...KIM, source: '203.0.113.8' })).outcome).toBe('reserved');
      expect((await reserve(KIM, later(15))).outcome).toBe('reserved');
    });

    it('begin anew after a success, and tell how many had failed', async () => {
      for (let n = 0; n < 4; n += 1) await fail(KIM);
      const { ticket, failuresBefore } = await reserved(KIM);
      await ports.attempts.succeeded(ticket);

      expect(failuresBefore).toBe(4);
      expect((await reserved(KIM)).failuresBefore).toBe(0);
    });

    it('by which nothing was found out are given back', async () => {
      for (let n = 0; n < 9; n += 1) await ports.attempts.withdrawn((await reserved(KIM)).ticket);

      expect((await reserved(KIM)).failuresBefore).toBe(0);
    });

    it('of before a change of the password count no longer', async () => {
      for (let n = 0; n < 5; n += 1) await fail(KIM);
      await change(later(1));

      expect((await reserve(KIM, later(2))).outcome).toBe('reserved');
    });

    it.each<[string, () => Promise<unknown>]>([
      ['new password', () => change(later(1))],
      ['word of an operator', () => voidAll(later(1))],
    ])('that a %s has voided are not brought back by a failure in a session', async (_by, voids) => {
      for (let n = 0; n < 5; n += 1) await fail(KIM);
      for (let n = 0; n < 94; n += 1) await fail({ ...KIM, source: `10.0.${String(n % 25)}.1` });
      await voids();

      expect(await failInSession(later(2))).toBe(false);
      expect(await reserved(KIM, later(3))).toMatchObject({ failuresBefore: 1, isLast: false });
    });

    it('in a session count on the address as well, and are not kept out by it', async () => {
      for (let n = 0; n < 5; n += 1) await failInSession();

      expect((await ports.attempts.reserveInSession(IN_SESSION, NOW)).outcome).toBe('throttled');
      expect((await reserve(KIM)).outcome).toBe('throttled');
      const elsewhere = { ...IN_SESSION, sessionId: '01938a6e-0000-7000-8000-00000000dddd' };
      expect((await ports.attempts.reserveInSession(elsewhere, NOW)).outcome).toBe('reserved');
    });

    it('lock an address at the hundredth failure in a row, wherever from, and open it after an hour', async () => {
      for (let n = 0; n < 99; n += 1) await fail({ ...KIM, source: `10.0.${String(n % 25)}.1` });
      const last = await reserved({ ...KIM, source: '10.1.0.1' });
      await ports.uow.run(() => ports.attempts.failed(last.ticket, NOW));

      expect(last.isLast).toBe(true);
      const locked = { by: 'account', retryAfterSeconds: 3_600 };
      expect(await reserve({ ...KIM, source: '10.2.0.1' })).toMatchObject(locked);
      expect(await reserved({ ...KIM, source: '10.3.0.1' }, later(61))).toMatchObject({
        isUnlocked: true,
        isLast: false,
      });
    });

    it('lock an address for an hour as well when the failure before the last one was made in a session', async () => {
      for (let n = 0; n < 99; n += 1) await fail({ ...KIM, source: `10.0.${String(n % 25)}.1` });

      expect(await failInSession()).toBe(true);
      const fresh = { ...KIM, source: '10.2.0.1' };
      expect(await reserve(fresh)).toMatchObject({ by: 'account', retryAfterSeconds: 3_600 });
      expect(await reserve(fresh, later(61))).toMatchObject({ outcome: 'reserved' });
    });

    it('that were cut off before they were settled keep nobody waiting for them', async () => {
      for (let n = 0; n < 5; n += 1) await reserve(KIM);

      const soon = new Date(NOW.getTime() + 9_000);
      expect(await reserve(KIM, soon)).toMatchObject({ by: 'guesses', isUndecided: true });
      expect(await reserve(KIM, later(1))).toMatchObject({ by: 'guesses', isUndecided: false, retryAfterSeconds: 840 });
    });

    it('are remembered for a day, and for a month once there are half as many as lock the address', async () => {
      for (let n = 0; n < 49; n += 1) await fail({ ...KIM, source: `10.0.${String(n)}.1` });
      expect((await reserved({ ...KIM, source: '10.1.0.1' }, later(24 * 60 + 1))).failuresBefore).toBe(0);

      for (let n = 0; n < 50; n += 1) await fail({ ...NOBODY, source: `10.2.${String(n)}.1` });
      expect((await reserved({ ...NOBODY, source: '10.1.0.2' }, later(29 * 24 * 60))).failuresBefore).toBe(50);
    });

    it('are counted apart where the owner has proven the address, for an hour, and nowhere else', async () => {
      for (let n = 0; n < 5; n += 1) await fail(KIM);
      for (let n = 0; n < 95; n += 1) await fail({ ...KIM, source: `10.0.${String(n % 25)}.1` });
      await ports.uow.run(() => ports.attempts.admitOwner(EMAIL, KIM.source, NOW));

      expect(await reserve(KIM)).toMatchObject({ outcome: 'reserved', failuresBefore: 0, ticket: { source: null } });
      expect(await reserve({ ...KIM, source: '10.3.0.1' })).toMatchObject({ by: 'account' });
      for (let n = 0; n < 4; n += 1) await fail(KIM);
      expect(await reserve(KIM)).toMatchObject({ by: 'guesses' });
      expect(await reserve(KIM, later(59))).toMatchObject({ outcome: 'reserved', failuresBefore: 4 });
      expect(await reserve(KIM, later(60))).toMatchObject({ outcome: 'reserved', isUnlocked: true });
    });

    it('of nobody are not counted apart, whatever was proven', async () => {
      for (let n = 0; n < 5; n += 1) await fail(NOBODY);
      await ports.uow.run(() => ports.attempts.admitOwner(NOBODY.email!, NOBODY.source, NOW));

      expect(await reserve(NOBODY)).toMatchObject({ by: 'guesses' });
    });

    it('count no longer once an operator has voided them, at that address alone', async () => {
      for (let n = 0; n < 100; n += 1) await fail({ ...KIM, source: `10.0.${String(n % 25)}.1` });
      for (let n = 0; n < 5; n += 1) await fail(NOBODY);
      expect(await voidAll(later(1))).toEqual({ count: 100, wereEnough: true });

      const first = await reserved({ ...KIM, source: '10.0.1.1' }, later(2));
      expect(first).toMatchObject({ failuresBefore: 0, isUnlocked: false });
      expect(await reserve(NOBODY, later(2))).toMatchObject({ by: 'guesses' });
    });

    it('are told by their number when an operator voids them, as far as they had counted', async () => {
      expect(await voidAll()).toEqual({ count: 0, wereEnough: false });
      for (let n = 0; n < 4; n += 1) await fail(KIM, later(1));
      expect(await voidAll(later(2))).toEqual({ count: 4, wereEnough: false });
      for (let n = 0; n < 5; n += 1) await fail({ ...KIM, source: `10.0.${String(n)}.1` }, later(3));
      expect(await voidAll(later(4))).toEqual({ count: 5, wereEnough: true });
      expect(await voidAll(later(5))).toEqual({ count: 0, wereEnough: false });
      for (let n = 0; n < 5; n += 1) await fail(KIM, later(6));
      await change(later(7));
      expect(await voidAll(later(8))).toEqual({ count: 0, wereEnough: false });
    });

    it('count although the password is said to be changed in the future', async () => {
      await change(later(600));
      for (let n = 0; n < 5; n += 1) await fail(KIM);

      expect(await reserve(KIM)).toMatchObject({ by: 'guesses', isUndecided: false });
    });
  });
}
