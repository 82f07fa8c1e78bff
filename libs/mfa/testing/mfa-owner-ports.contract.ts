import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { randomUUID } from 'node:crypto';

import type { MfaNotice } from '../src/application/ports.js';
import type { NewTrust } from '../src/application/trusted-devices.js';
import { FactorReset } from '../src/domain/factor-reset.js';
import type { MfaPorts, OpenMfaPorts } from './mfa-ports.js';

const NOW = new Date('2026-03-01T09:00:00.000Z');
const HOUR_S = 3_600;
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);

/** What the resets of factors, devices that are trusted and mails about both do, real or fake. */
export function describeMfaOwnerPorts(name: string, open: OpenMfaPorts): void {
  let ports: MfaPorts;
  let user: string;
  let other: string;
  const within = <T>(work: () => Promise<T>): Promise<T> => ports.uow.run(work);

  const prepare = async (): Promise<void> => {
    ports = await open();
    [user, other] = ports.users;
  };

  describe(`Resets of factors (${name})`, () => {
    const inSession = (userId: string) => ({ userId, sessionId: ports.sessionOf(userId) });
    const admins = (): readonly string[] => ports.users.slice(2);
    const request = async (whose = user, at = NOW): Promise<string> => {
      const id = randomUUID();
      await within(() => ports.resets.add(FactorReset.request(id, whose, inSession(admins()[0]!), at)));
      return id;
    };
    const change = (work: (reset: FactorReset) => void, whose = user): Promise<void> =>
      within(async () => {
        const reset = await ports.resets.findOpenForUpdate(whose);
        work(reset!);
        await ports.resets.save(reset!);
      });
    const approve = (whose = user, hours = 24): Promise<void> =>
      change((reset) => reset.approve(inSession(admins()[1]!), hours, NOW), whose);

    beforeEach(prepare);
    afterEach(() => ports.close());

    it('are open for their user until they end, whatever way', async () => {
      const id = await request();
      expect(await ports.resets.openOf(other)).toBeNull();
      expect(await ports.resets.openOf(user)).toMatchObject({
        ...{ id, userId: user, requestedBy: admins()[0], requestedAt: NOW },
        ...{ approvedBy: null, approvedAt: null, dueAt: null, endedAt: null, outcome: null },
      });
      await approve();
      expect(await ports.resets.openOf(user)).toMatchObject({
        ...{ id, approvedBy: admins()[1], approvedAt: NOW, dueAt: after(24 * HOUR_S) },
      });
      await change((reset) => reset.finish(after(25 * HOUR_S)));

      expect(await ports.resets.openOf(user)).toBeNull();
      expect(await within(async () => ports.resets.findOpenForUpdate(user))).toBeNull();
      expect(await ports.published()).toEqual(['mfa.reset_requested', 'mfa.reset_approved', 'mfa.reset_by_admin']);
    });

    it('are one at a time for a user, and another one once that has ended', async () => {
      await request();
      await expect(request()).rejects.toThrow();
      await request(other);
      await change((reset) => reset.stop('owner', NOW));

      const id = await request();
      expect(await ports.resets.openOf(user)).toMatchObject({ id });
    });

    it('are due once they are approved and their time has come, the longest first', async () => {
      const [, , third] = ports.users;
      await request(user);
      await request(other);
      await within(() => ports.resets.add(FactorReset.request(randomUUID(), third, inSession(ports.users[3]), NOW)));
      await approve(user, 2);
      await approve(other, 1);
      const due = (seconds: number, limit = 10, skip = 0): Promise<string[]> =>
        ports.resets.due(after(seconds), limit, skip);

      expect(await due(HOUR_S - 1)).toEqual([]);
      expect(await due(HOUR_S)).toEqual([other]);
      expect(await due(100 * HOUR_S)).toEqual([other, user]);
      expect(await due(100 * HOUR_S, 1)).toEqual([other]);
      expect(await due(100 * HOUR_S, 1, 1)).toEqual([user]);
      await change((reset) => reset.stop('owner', NOW));
      expect(await due(100 * HOUR_S)).toEqual([other]);
    });

    it('stay as they were when the unit of work fails: nothing is stopped and nothing is told', async () => {
      await request();
      const failing = change((reset) => {
        reset.stop('owner', NOW);
        throw new Error('taken back');
      });

      await expect(failing).rejects.toThrow('taken back');
      expect(await ports.resets.openOf(user)).not.toBeNull();
      expect(await ports.published()).toEqual(['mfa.reset_requested']);
    });
  });

  describe(`Trusted devices (${name})`, () => {
    const trust = (deviceToken: string, changes: Partial<NewTrust> = {}): NewTrust => ({
      ...{ id: randomUUID(), userId: user, securityEpoch: 1, deviceToken, label: null },
      ...{ createdAt: NOW, expiresAt: after(HOUR_S) },
      ...changes,
    });
    const add = async (deviceToken: string, changes: Partial<NewTrust> = {}): Promise<string> => {
      const added = trust(deviceToken, changes);
      await within(() => ports.devices.add(added));
      return added.id;
    };
    const use = (deviceToken: string, at = NOW, changes: Partial<NewTrust> = {}): Promise<boolean> =>
      within(() => ports.devices.use(trust(deviceToken, changes), { now: at, mostDays: 1 }));
    const listed = async (at = NOW, whose = user): Promise<string[]> =>
      (await ports.devices.listOf(whose, { now: at, mostDays: 1 })).map(({ id }) => id);

    beforeEach(prepare);
    afterEach(() => ports.close());

    it('are those of one user, under one epoch, for as long as they may', async () => {
      await add('one');

      expect(await use('one', after(HOUR_S - 1))).toBe(true);
      expect(await use('one', after(HOUR_S))).toBe(false);
      expect(await use('two')).toBe(false);
      expect(await use('one', NOW, { userId: other })).toBe(false);
      expect(await use('one', NOW, { securityEpoch: 2 })).toBe(false);
    });

    it('are listed for their owner, newest first, with what was noted of them, while they count', async () => {
      const one = await add('one', { label: '민지의 노트북' });
      const two = await add('two', { createdAt: after(5), expiresAt: after(2 * HOUR_S) });
      await add('old', { securityEpoch: 7 });
      await use('one', after(10));

      expect(await ports.devices.listOf(user, { now: NOW, mostDays: 1 })).toEqual([
        { id: two, label: null, createdAt: after(5), lastUsedAt: null, expiresAt: after(2 * HOUR_S) },
        { id: one, label: '민지의 노트북', createdAt: NOW, lastUsedAt: after(10), expiresAt: after(HOUR_S) },
      ]);
      expect(await listed(after(HOUR_S))).toEqual([two]);
      expect(await listed(NOW, other)).toEqual([]);
    });

    it('are trusted for no more days than that is allowed now', async () => {
      const day = 24 * HOUR_S;
      await add('one', { expiresAt: after(30 * day) });
      const isGood = (mostDays: number, at: number): Promise<boolean> =>
        within(() => ports.devices.use(trust('one'), { now: after(at), mostDays }));
      const until = async (mostDays: number): Promise<Date[]> =>
        (await ports.devices.listOf(user, { now: after(1), mostDays })).map(({ expiresAt }) => expiresAt);

      expect([await isGood(2, 2 * day - 1), await isGood(2, 2 * day), await isGood(0, 1)]).toEqual([
        true,
        false,
        false,
      ]);
      expect([await isGood(90, 30 * day - 1), await isGood(90, 30 * day)]).toEqual([true, false]);
      expect([await until(2), await until(90), await until(0)]).toEqual([[after(2 * day)], [after(30 * day)], []]);
    });

    it('are there once each, and twenty at most: the oldest makes room', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 21; index += 1) ids.push(await add(`device ${index}`, { createdAt: after(index) }));
      expect(await listed()).toEqual(ids.slice(1).reverse());
      expect(await use('device 0')).toBe(false);
      const again = await add('device 1', { createdAt: after(30) });

      expect(await listed()).toEqual([again, ...ids.slice(2).reverse()]);
    });

    it('are forgotten one by one or all together, by their owner', async () => {
      const remove = (of: string, id?: string): Promise<number> => within(() => ports.devices.remove(of, id));
      const [one] = [await add('one'), await add('two')];
      await add('one', { userId: other });

      expect([await remove(other, one), await remove(user, one), await remove(user, one)]).toEqual([0, 1, 0]);
      expect([await use('one'), await use('two')]).toEqual([false, true]);
      expect([await remove(user), await remove(user)]).toEqual([1, 0]);
      expect(await use('one', NOW, { userId: other })).toBe(true);
    });
  });

  describe(`MF-12 Notices (${name})`, () => {
    const DATA = { at: NOW.toISOString(), until: NOW.toISOString(), left: '9', name: '', token: 'abc.def' };
    const send = (notice: MfaNotice, to = user): Promise<void> => within(() => ports.notices.send(notice, to, DATA));

    beforeEach(prepare);
    afterEach(() => ports.close());

    it('reach the owner, unless the unit of work fails', async () => {
      await send('mfa_enabled');
      const failing = within(async () => {
        await ports.notices.send('mfa_totp_removed', user, DATA);
        throw new Error('taken back');
      });
      await expect(failing).rejects.toThrow('taken back');

      expect(await ports.told()).toEqual([['mfa_enabled', 'owner']]);
    });

    it('of changes reach as well whoever can take the account back; others are for who has it', async () => {
      await ports.hadOtherAddress();
      await send('mfa_enabled');
      await send('mfa_device_trusted');
      await send('mfa_reset_requested');
      await send('mfa_enabled', other);

      expect([...(await ports.told())].sort()).toEqual([
        ['mfa_device_trusted', 'owner'],
        ['mfa_enabled', 'former'],
        ['mfa_enabled', 'owner'],
        ['mfa_enabled', 'owner'],
        ['mfa_reset_requested', 'former'],
        ['mfa_reset_requested', 'owner'],
      ]);
    });

    it('about an account that is gone reach nobody', async () => {
      await send('mfa_enabled', randomUUID());

      expect(await ports.told()).toEqual([]);
    });
  });
}
