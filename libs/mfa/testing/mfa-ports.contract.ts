import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { randomUUID } from 'node:crypto';

import type { HashedRecoveryCode, NewChallenge, OpenChallenge } from '../src/application/ports.js';
import type { MfaPorts, OpenMfaPorts } from './mfa-ports.js';

const NOW = new Date('2026-03-01T09:00:00.000Z');
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);
const SECRET = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
const TWENTY = Array.from({ length: 20 }, (_, index) => index);

/** What everything that second factors are kept in does, real or fake. Ports that have more to say have a suite of their own. */
export function describeMfaPorts(name: string, open: OpenMfaPorts): void {
  let ports: MfaPorts;
  let user: string;
  let other: string;
  const within = <T>(work: () => Promise<T>): Promise<T> => ports.uow.run(work);
  const succeed = async (all: readonly Promise<boolean>[]): Promise<number> =>
    (await Promise.all(all)).filter(Boolean).length;

  const prepare = async (): Promise<void> => {
    ports = await open();
    [user, other] = ports.users;
  };

  describe(`Authenticator apps (${name})`, () => {
    let id: string;
    const propose = (at = NOW, secret = SECRET): Promise<boolean> => {
      id = randomUUID();
      return within(() => ports.totp.propose(user, id, secret, at));
    };
    const confirm = (step = 7, which = id): Promise<boolean> =>
      within(() => ports.totp.confirm(which, step, after(10)));
    const spend = (step: number, which = id): Promise<boolean> =>
      within(() => ports.totp.spend(which, step, after(20)));

    beforeEach(prepare);
    afterEach(() => ports.close());

    it('MF-02 wait with their secret until they are confirmed, for as long as they may', async () => {
      expect(await propose()).toBe(true);

      const waiting = await ports.totp.proposed(user, NOW);
      expect(waiting).toMatchObject({ id, lastStep: null });
      expect(Buffer.from(waiting!.secret)).toEqual(Buffer.from(SECRET));
      expect(await ports.totp.proposed(user, after(1))).toBeNull();
      expect(await ports.totp.proposed(other, NOW)).toBeNull();
      expect(await ports.totp.confirmed(user)).toBeNull();
      expect(await spend(7)).toBe(false);
    });

    it('MF-02 take the place of the one that waited, which can be confirmed no more', async () => {
      await propose();
      const before = id;
      expect(await propose(after(5), new Uint8Array([9]))).toBe(true);

      expect(await confirm(7, before)).toBe(false);
      expect(await confirm()).toBe(true);
      expect(Buffer.from((await ports.totp.confirmed(user))!.secret)).toEqual(Buffer.from([9]));
    });

    it('MF-02 are confirmed once, also when twenty come at once, and nothing takes the place of that', async () => {
      await propose();

      expect(await succeed(TWENTY.map(() => confirm()))).toBe(1);
      expect(await ports.totp.confirmed(user)).toMatchObject({ id, lastStep: 7 });
      expect(await ports.totp.proposed(user, NOW)).toBeNull();
      const confirmed = id;
      expect(await propose(after(30))).toBe(false);
      expect(await ports.totp.confirmed(user)).toMatchObject({ id: confirmed });
    });

    it('MF-04 take each step once, also when twenty come at once, and none before it', async () => {
      await propose();
      await confirm(7);

      expect(await spend(7)).toBe(false);
      expect(await succeed(TWENTY.map(() => spend(9)))).toBe(1);
      expect([await spend(8), await spend(9), await spend(10)]).toEqual([false, false, true]);
      expect(await ports.totp.confirmed(user)).toMatchObject({ lastStep: 10 });
    });

    it('are gone once they are removed, and tell what they were', async () => {
      const remove = (whose = user): Promise<string> => within(() => ports.totp.remove(whose));
      expect(await remove()).toBe('none');
      await propose();
      expect(await remove(other)).toBe('none');
      expect(await remove()).toBe('proposed');
      expect(await confirm()).toBe(false);
      await propose();
      await confirm();

      expect(await remove()).toBe('confirmed');
      expect(await spend(30)).toBe(false);
      expect(await ports.totp.confirmed(user)).toBeNull();
    });

    it('stay as they were when the unit of work fails', async () => {
      await propose();
      await confirm();
      const failing = within(async () => {
        await ports.totp.spend(id, 20, NOW);
        throw new Error('taken back');
      });

      await expect(failing).rejects.toThrow('taken back');
      expect(await spend(20)).toBe(true);
    });
  });

  describe(`MF-07 Recovery codes (${name})`, () => {
    const codes = (set: string): HashedRecoveryCode[] =>
      ['0', '1', '2'].map((selector) => ({ selector, hash: `${set} ${selector}` }));
    const replace = (set = 'a', whose = user): Promise<void> =>
      within(() => ports.recoveryCodes.replace(whose, codes(set), NOW));
    const spend = (selector: string, set = 'a', whose = user): Promise<number | null> =>
      within(() => ports.recoveryCodes.spend(whose, { selector, hash: `${set} ${selector}` }, NOW));

    beforeEach(prepare);
    afterEach(() => ports.close());

    it('are found by what tells them apart, among those of their owner', async () => {
      await replace();

      expect(await ports.recoveryCodes.find(user, '1')).toEqual({ hash: 'a 1', used: false });
      expect(await ports.recoveryCodes.find(user, '7')).toBeNull();
      expect(await ports.recoveryCodes.find(other, '1')).toBeNull();
      expect(await spend('1', 'a', other)).toBeNull();
    });

    it('work once, and say how many are left', async () => {
      await replace();

      expect([await spend('1'), await spend('1'), await spend('0'), await spend('2')]).toEqual([2, null, 1, 0]);
      expect(await ports.recoveryCodes.find(user, '1')).toEqual({ hash: 'a 1', used: true });
    });

    it('work for one of twenty who come at once', async () => {
      await replace();

      expect(await succeed(TWENTY.map(async () => (await spend('1')) !== null))).toBe(1);
    });

    it('are void once there are others, used or not, and whoever looked one up before that has lost it', async () => {
      await replace();
      await spend('0');
      await replace('b');

      expect(await spend('1', 'a')).toBeNull();
      expect([await spend('0', 'b'), await spend('1', 'b')]).toEqual([2, 1]);
    });
  });

  describe(`MF-03 Challenges (${name})`, () => {
    const challenge = (changes: Partial<NewChallenge> = {}): NewChallenge => ({
      ...{ id: randomUUID(), userId: user, securityEpoch: 1, continuation: '{"deviceName":"창문"}' },
      ...{ token: `usm_${randomUUID()}`, purpose: 'sign_in', device: 'Safari' },
      ...{ issuedAt: NOW, expiresAt: after(300) },
      ...changes,
    });
    const issue = async (changes: Partial<NewChallenge> = {}): Promise<NewChallenge> => {
      const issued = challenge(changes);
      await within(() => ports.challenges.issue(issued));
      return issued;
    };
    const find = ({ token, device }: NewChallenge, at = NOW): Promise<OpenChallenge | null> =>
      ports.challenges.find(token, device, at);
    const close = ({ id }: NewChallenge, at = NOW): Promise<boolean> => within(() => ports.challenges.close(id, at));

    beforeEach(prepare);
    afterEach(() => ports.close());

    it('are found by their token, on their device, for five minutes', async () => {
      const issued = await issue();
      const { id, userId, securityEpoch, continuation } = issued;

      expect(await find(issued, after(299))).toEqual({ id, userId, securityEpoch, continuation });
      expect(await find(issued, after(300))).toBeNull();
      expect(await find({ ...issued, device: 'safari' })).toBeNull();
      expect(await find({ ...issued, token: `${issued.token}x` })).toBeNull();
    });

    it('of one user may be several, and each is met for itself', async () => {
      const [one, two] = [await issue(), await issue()];

      expect(await close(one)).toBe(true);
      expect(await find(one)).toBeNull();
      expect(await find(two)).toMatchObject({ id: two.id });
    });

    it('are met once, also when twenty come at once, and not after their time', async () => {
      const [one, late] = [await issue(), await issue()];

      expect(await succeed(TWENTY.map(() => close(one)))).toBe(1);
      expect(await close(late, after(300))).toBe(false);
      expect(await close(challenge())).toBe(false);
    });

    it('are open yet when the unit of work that met them fails', async () => {
      const issued = await issue();
      const failing = within(async () => {
        await ports.challenges.close(issued.id, NOW);
        throw new Error('taken back');
      });

      await expect(failing).rejects.toThrow('taken back');
      expect(await find(issued)).not.toBeNull();
      expect(await close(issued)).toBe(true);
    });
  });
}
