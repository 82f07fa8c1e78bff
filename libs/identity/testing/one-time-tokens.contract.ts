import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { OneTimeToken } from '../src/application/ports.js';
import { anEmail, aUser, NOW, USER_ID } from './builders.js';
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
};

/** What every `OneTimeTokens` does, real or fake. */
export function describeOneTimeTokens(name: string, open: OpenIdentityPorts): void {
  describe(`One-time tokens (${name})`, () => {
    let ports: IdentityPorts;
    const issue = (...tokens: readonly OneTimeToken[]): Promise<void> =>
      ports.uow.run(async () => {
        for (const token of tokens) await ports.tokens.issue(token);
      });
    const consume = (token: string, now: Date): ReturnType<IdentityPorts['tokens']['consume']> =>
      ports.uow.run(() => ports.tokens.consume(token, PURPOSE, now));

    beforeEach(async () => {
      ports = await open();
      await ports.uow.run(async () => {
        await ports.users.add(aUser());
        await ports.users.add(aUser({ id: OTHER_ID, email: anEmail('lee@example.com') }));
      });
    });
    afterEach(() => ports.close());

    it('tell whose they are, once', async () => {
      await issue(TOKEN);

      expect(await consume(TOKEN.token, at(1))).toEqual({ userId: USER_ID, securityEpoch: 4 });
      expect(await consume(TOKEN.token, at(1))).toBeNull();
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

      expect(await consume('another', at(1))).toEqual({ userId: USER_ID, securityEpoch: 4 });
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
    });
  });
}
