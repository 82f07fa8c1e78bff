import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { OneTimeToken, SpentToken } from '../src/application/ports.js';
import type { PendingRegistration } from '../src/domain/user.js';
import { anEmail, aRegistration, aUser, NOW, USER_ID } from './builders.js';
import type { IdentityPorts, OpenIdentityPorts } from './identity-ports.js';

const OTHER_ID = '01938a6e-0000-7000-8000-00000000bbbb';
const PURPOSE = 'email_verification';
const at = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);
const TOKEN: OneTimeToken = {
  token: 'q4ZK0yX2mF3vJ8sT1uW6bN9cR5eH7gL0pA2dI4oYxUM',
  purpose: PURPOSE,
  userId: USER_ID,
  securityEpoch: 4,
  issuedAt: NOW,
  expiresAt: at(60),
  registration: null,
};

const REGISTRATION = aRegistration({
  passwordHash: 'hash of the owner',
  profile: { displayName: '김민지', locale: 'ko', phone: null },
  consents: [{ purpose: 'terms', version: '3', granted: true }],
  signedUpAt: at(-5),
});

/** What every `OneTimeTokens` does, real or fake. */
export function describeOneTimeTokens(name: string, open: OpenIdentityPorts): void {
  describe(`One-time tokens (${name})`, () => {
    let ports: IdentityPorts;
    const issue = (...tokens: readonly OneTimeToken[]): Promise<void> =>
      ports.uow.run(async () => {
        for (const token of tokens) await ports.tokens.issue(token);
      });
    const consume = (token: string, now: Date): Promise<SpentToken | null> =>
      ports.uow.run(() => ports.tokens.consume(token, PURPOSE, now));

    beforeEach(async () => {
      ports = await open();
      await ports.uow.run(async () => {
        await ports.users.add(aUser());
        await ports.users.add(aUser({ id: OTHER_ID, email: anEmail('lee@example.com') }));
      });
    });
    afterEach(() => ports.close());

    it('tell which addresses they would bring back, while they work', async () => {
      const undo = (token: string, email: string, minutes: number): OneTimeToken => ({
        ...TOKEN,
        token,
        purpose: 'email_change_undo',
        expiresAt: at(minutes),
        address: anEmail(email),
      });
      await issue(undo('a', 'one@example.com', 60), undo('b', 'two@example.com', 30), undo('c', 'one@example.com', 60));
      const told = async (minutes: number): Promise<string[]> =>
        (await ports.tokens.addressesOf(USER_ID, 'email_change_undo', at(minutes))).map(({ value }) => value).sort();

      expect(await told(0)).toEqual(['one@example.com', 'two@example.com']);
      expect(await told(45)).toEqual(['one@example.com']);
      expect(await told(60)).toEqual([]);
      expect(await ports.tokens.addressesOf(USER_ID, 'email_change', NOW)).toEqual([]);
    });

    it('tell what they are good for, once', async () => {
      await issue(TOKEN, { ...TOKEN, token: 'another', registration: REGISTRATION });

      expect(await consume(TOKEN.token, at(1))).toEqual({
        securityEpoch: 4,
        registration: null,
        address: null,
        issuedAt: NOW,
      });
      expect(await consume(TOKEN.token, at(1))).toBeNull();
      expect(await consume('another', at(1))).toEqual({
        securityEpoch: 4,
        registration: REGISTRATION,
        address: null,
        issuedAt: NOW,
      });
    });

    it('tell whose they are, for as long as they are good', async () => {
      await issue(TOKEN);
      const ownerOf = (token: string, now: Date): Promise<string | null> => ports.tokens.ownerOf(token, PURPOSE, now);

      expect(await ownerOf(TOKEN.token, at(1))).toBe(USER_ID);
      expect(await ownerOf(TOKEN.token, at(60))).toBeNull();
      expect(await ownerOf('unknown', at(1))).toBeNull();
      await consume(TOKEN.token, at(1));
      expect(await ownerOf(TOKEN.token, at(1))).toBeNull();
    });

    it('ID-09 are spent by one of 20 parallel calls', async () => {
      await issue(TOKEN);
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => consume(TOKEN.token, at(1))));

      expect(outcomes.filter((outcome) => outcome !== null)).toHaveLength(1);
    });

    it('are good up to the instant at which they expire', async () => {
      await issue(TOKEN, { ...TOKEN, token: 'another' });

      expect(await consume(TOKEN.token, at(60))).toBeNull();
      expect(await consume('another', new Date(at(60).getTime() - 1))).not.toBeNull();
    });

    it.each(['', 'unknown', TOKEN.token.toLowerCase(), `${TOKEN.token} `, 'x'.repeat(128), "' OR true --"])(
      'do not know %j',
      async (strange) => {
        await issue(TOKEN);

        expect(await consume(strange, at(1))).toBeNull();
        expect(await consume(TOKEN.token, at(1))).not.toBeNull();
      },
    );

    it('stay unspent when the unit of work fails', async () => {
      await issue(TOKEN);
      const failed = ports.uow.run(async () => {
        await ports.tokens.consume(TOKEN.token, PURPOSE, at(1));
        throw new Error('no');
      });

      await expect(failed).rejects.toThrow('no');
      expect(await consume(TOKEN.token, at(1))).not.toBeNull();
    });

    it('leave the other tokens of a user alone', async () => {
      await issue(TOKEN, { ...TOKEN, token: 'another' });
      await consume(TOKEN.token, at(1));

      expect(await consume('another', at(1))).not.toBeNull();
    });

    it('are void with all of their user and purpose, and with what they would have confirmed', async () => {
      const other = { ...TOKEN, token: 'of another', userId: OTHER_ID, registration: REGISTRATION };
      await issue({ ...TOKEN, registration: REGISTRATION }, { ...TOKEN, token: 'spent' }, other);
      await consume('spent', at(1));
      await ports.uow.run(() => ports.tokens.voidAll(USER_ID, PURPOSE, at(2)));

      expect(await consume(TOKEN.token, at(3))).toBeNull();
      expect(await ports.tokens.earliestRegistration(USER_ID, at(3))).toBeNull();
      expect(await ports.tokens.countSince(USER_ID, PURPOSE, at(-1))).toBe(2);
      expect(await consume('of another', at(3))).toEqual({
        securityEpoch: 4,
        registration: REGISTRATION,
        address: null,
        issuedAt: NOW,
      });
    });

    it('give back the address that they set, until they are void', async () => {
      const address = anEmail('min@new.example');
      const change = { ...TOKEN, purpose: 'email_change', address } as const;
      const spend = (token: string): Promise<SpentToken | null> =>
        ports.uow.run(() => ports.tokens.consume(token, 'email_change', at(1)));
      await issue(change, { ...change, token: 'void' });

      expect((await spend(TOKEN.token))?.address).toEqual(address);
      await ports.uow.run(() => ports.tokens.voidAll(USER_ID, 'email_change', at(1)));
      expect(await spend('void')).toBeNull();
    });

    it('are void from a time on, and those from before are not', async () => {
      const issued = [at(0), at(10), at(20)].map((issuedAt, n) => ({ ...TOKEN, token: String(n), issuedAt }));
      await issue(...issued);
      await ports.uow.run(() => ports.tokens.voidSince(USER_ID, PURPOSE, at(10), at(21)));

      expect(await consume('1', at(22))).toBeNull();
      expect(await consume('2', at(22))).toBeNull();
      expect((await consume('0', at(22)))?.issuedAt).toEqual(at(0));
    });

    it('are good for their own purpose only', async () => {
      await issue(TOKEN, { ...TOKEN, token: 'another', purpose: 'password_reset' });

      expect(await consume('another', at(1))).toBeNull();
      await ports.uow.run(() => ports.tokens.voidAll(USER_ID, 'password_reset', at(1)));
      expect(await consume(TOKEN.token, at(1))).not.toBeNull();
      expect(await ports.tokens.countSince(USER_ID, 'password_reset', at(-1))).toBe(1);
    });

    describe('with registrations', () => {
      const made = (minutes: number): PendingRegistration => ({ ...REGISTRATION, signedUpAt: at(minutes) });
      const earliest = async (now: Date): Promise<Date | undefined> =>
        (await ports.tokens.earliestRegistration(USER_ID, now))?.signedUpAt;

      it('give back whole the one that was made first, while a token of it works', async () => {
        await issue(
          { ...TOKEN, token: 'second', registration: made(10), expiresAt: at(70) },
          { ...TOKEN, token: 'first', registration: REGISTRATION, issuedAt: at(20), expiresAt: at(60) },
          { ...TOKEN, token: 'of another', registration: made(-60), userId: OTHER_ID },
        );

        expect(await ports.tokens.earliestRegistration(USER_ID, at(59))).toEqual(REGISTRATION);
        expect(await earliest(at(60))).toEqual(at(10));
      });

      it('give back the first of all when no token works any more', async () => {
        await issue(
          { ...TOKEN, token: 'second', registration: made(10) },
          { ...TOKEN, token: 'first', registration: made(5) },
        );

        expect(await earliest(at(61))).toEqual(at(5));
      });

      it('know none of an account that never had one', async () => {
        await issue(TOKEN);

        expect(await earliest(at(1))).toBeUndefined();
      });
    });

    it('are counted by user since a time, the spent and expired ones too', async () => {
      await issue(
        { ...TOKEN, token: 'a', issuedAt: at(0) },
        { ...TOKEN, token: 'b', issuedAt: at(10), expiresAt: at(11) },
        { ...TOKEN, token: 'c', issuedAt: at(20) },
        { ...TOKEN, token: 'd', issuedAt: at(20), userId: OTHER_ID },
      );
      await consume('c', at(21));

      const counts = await Promise.all(
        [at(-1), at(0), at(10), at(20)].map((since) => ports.tokens.countSince(USER_ID, PURPOSE, since)),
      );
      expect(counts).toEqual([3, 2, 1, 0]);
    });

    it('never exist twice', async () => {
      await issue(TOKEN);

      await expect(issue({ ...TOKEN, userId: OTHER_ID })).rejects.toThrow();
    });

    it('are issued and spent inside of a unit of work only', async () => {
      await expect(ports.tokens.issue(TOKEN)).rejects.toThrow();
      await issue(TOKEN);

      await expect(ports.tokens.consume(TOKEN.token, PURPOSE, at(1))).rejects.toThrow();
      await expect(ports.tokens.voidAll(USER_ID, PURPOSE, at(1))).rejects.toThrow();
    });
  });
}
