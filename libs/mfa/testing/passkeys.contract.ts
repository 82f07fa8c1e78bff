import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { PasskeyPurpose } from '../src/application/passkey-ports.js';
import { Passkey, type NewPasskey } from '../src/domain/passkey.js';
import type { OpenPasskeyPorts, PasskeyPorts } from './passkey-ports.js';

const NOW = new Date('2026-03-01T09:00:00.000Z');
const ID = '01938a6e-0000-7000-8000-0000000000e1';
const OTHER_ID = '01938a6e-0000-7000-8000-0000000000e2';
/** Where passkeys are added: it has to be live in a store that knows sessions. */
export const SESSION = '01938a6e-0000-7000-8000-0000000000e3';
const ADDED = { sessionId: SESSION, securityEpoch: null };
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

/** What every store of passkeys and of their challenges does, real or fake. */
export function describePasskeys(name: string, open: OpenPasskeyPorts): void {
  describe(`Passkeys (${name})`, () => {
    let ports: PasskeyPorts;
    const aNewPasskey = (changes: Partial<NewPasskey> = {}): NewPasskey => ({
      id: ID,
      userId: ports.userId,
      credentialId: 'Y3JlZGVudGlhbA',
      publicKey: new Uint8Array([1, 2, 3]),
      name: '민지의 전화기',
      transports: ['internal'],
      counter: 3,
      backupEligible: true,
      backedUp: false,
      ...changes,
    });
    const add = (changes: Partial<NewPasskey> = {}, at = NOW): Promise<boolean> =>
      ports.uow.run(() => ports.passkeys.add(Passkey.add(aNewPasskey(changes), ADDED, at)));
    const change = (work: (passkey: Passkey) => Promise<void>): Promise<void> =>
      ports.uow.run(async () => work((await ports.passkeys.findForUpdate(ports.userId, ID))!));

    beforeEach(async () => {
      ports = await open();
    });
    afterEach(() => ports.close());

    it('are found by their credential as they were made', async () => {
      expect(await add()).toBe(true);

      const { publicKey, ...rest } = (await ports.passkeys.findByCredential('Y3JlZGVudGlhbA'))!.state;
      const { publicKey: made, ...expected } = aNewPasskey();
      expect(rest).toEqual({ ...expected, createdAt: NOW, lastUsedAt: null });
      expect(Buffer.from(publicKey)).toEqual(Buffer.from(made));
      expect(await ports.passkeys.findByCredential('Y3JlZGVudGlhbB')).toBeNull();
      expect(await ports.published()).toEqual(['mfa.passkey_added']);
    });

    it('belong to one user: a credential that somebody has is not added again, to whomever', async () => {
      await add();

      expect(await add({ id: OTHER_ID })).toBe(false);
      expect(await add({ id: OTHER_ID, userId: ports.otherUserId })).toBe(false);
      expect(await ports.published()).toEqual(['mfa.passkey_added']);
      expect(await ports.passkeys.listOf(ports.otherUserId)).toEqual([]);
    });

    it('are listed oldest first, those of one user', async () => {
      await add({ id: OTHER_ID, credentialId: 'Yg', name: null }, after(5));
      await add();

      const listed = await ports.passkeys.listOf(ports.userId);
      expect(listed.map(({ state }) => [state.id, state.name])).toEqual([
        [ID, '민지의 전화기'],
        [OTHER_ID, null],
      ]);
    });

    it('are changed by their owner only', async () => {
      await add();
      await ports.uow.run(async () => {
        expect(await ports.passkeys.findForUpdate(ports.otherUserId, ID)).toBeNull();
        expect(await ports.passkeys.findForUpdate(ports.userId, OTHER_ID)).toBeNull();
      });
    });

    it('remember how they were used', async () => {
      await add();
      await change(async (passkey) => {
        expect(passkey.use({ counter: 9, backupEligible: true, backedUp: true }, after(60))).toBe('accepted');
        await ports.passkeys.save(passkey);
      });

      const [stored] = await ports.passkeys.listOf(ports.userId);
      expect(stored?.state).toMatchObject({ counter: 9, backedUp: true, lastUsedAt: after(60) });
    });

    it('are gone once they are removed, and the credential may come again', async () => {
      await add();
      await change(async (passkey) => {
        passkey.remove(SESSION, after(1));
        await ports.passkeys.remove(passkey);
      });

      expect(await ports.passkeys.listOf(ports.userId)).toEqual([]);
      expect(await ports.published()).toEqual(['mfa.passkey_added', 'mfa.passkey_removed']);
      expect(await add()).toBe(true);
    });

    it('are told of once an hour', async () => {
      await add();
      const claimed: boolean[] = [];
      for (const seconds of [0, 3_599, 3_600]) {
        claimed.push(await ports.uow.run(() => ports.passkeys.claimNotice(ID, after(seconds))));
      }

      expect(claimed).toEqual([true, false, true]);
    });
  });

  describe(`Challenges of passkeys (${name})`, () => {
    let ports: PasskeyPorts;
    const mine = (): PasskeyPurpose => ({ name: 'second_factor', userId: ports.userId, bond: SESSION });
    const anybodys: PasskeyPurpose = { name: 'sign_in', userId: null, bond: null };

    beforeEach(async () => {
      ports = await open();
    });
    afterEach(() => ports.close());

    it('work once, until they expire', async () => {
      const one = await ports.challenges.issue(mine(), after(300));
      const two = await ports.challenges.issue(anybodys, after(300));
      const three = await ports.challenges.issue(anybodys, after(300));

      expect(await ports.challenges.spend(one, mine(), after(299))).toBe(true);
      expect(await ports.challenges.spend(one, mine(), after(299))).toBe(false);
      expect(await ports.challenges.spend(two, anybodys, after(299))).toBe(true);
      expect(await ports.challenges.spend(two, anybodys, after(299))).toBe(false);
      expect(await ports.challenges.spend(three, anybodys, after(300))).toBe(false);
    });

    it('are those that were issued, to the letter', async () => {
      const one = await ports.challenges.issue(anybodys, after(300));
      for (const forged of [
        '',
        'x',
        one.slice(1),
        `${one}A`,
        `A${one}`,
        one.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A')),
      ]) {
        expect(await ports.challenges.spend(forged, anybodys, NOW)).toBe(false);
      }
    });

    it('of a user for one purpose are one at a time', async () => {
      const first = await ports.challenges.issue(mine(), after(300));
      const second = await ports.challenges.issue(mine(), after(300));

      expect(await ports.challenges.spend(first, mine(), NOW)).toBe(false);
      expect(await ports.challenges.spend(second, mine(), NOW)).toBe(true);
    });

    it('are good for what they were made for, and for nothing else', async () => {
      const one = await ports.challenges.issue(mine(), after(300));
      const others: PasskeyPurpose[] = [
        { ...mine(), name: 'step_up' } as PasskeyPurpose,
        { ...mine(), name: 'registration' } as PasskeyPurpose,
        { ...mine(), userId: ports.otherUserId } as PasskeyPurpose,
        { ...mine(), bond: ID } as PasskeyPurpose,
        anybodys,
      ];
      for (const other of others) expect(await ports.challenges.spend(one, other, NOW)).toBe(false);

      expect(await ports.challenges.spend(one, mine(), NOW)).toBe(true);
    });

    it('work for one of twenty who come at the same time', async () => {
      for (const purpose of [anybodys, mine()]) {
        const one = await ports.challenges.issue(purpose, after(300));
        const all = Array.from({ length: 20 }, () => ports.challenges.spend(one, purpose, NOW));

        expect((await Promise.all(all)).filter(Boolean)).toHaveLength(1);
      }
    });
  });
}
