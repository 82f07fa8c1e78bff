import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { anEmail, aUser, aUserState, NOW, USER_ID } from './builders.js';
import type { IdentityPorts, OpenIdentityPorts } from './identity-ports.js';

const STRANGER = '01938a6e-0000-7000-8000-00000000bbbb';

/** What every `UserQueries` does, real or fake. */
export function describeUserQueries(name: string, open: OpenIdentityPorts): void {
  describe(`User queries (${name})`, () => {
    let ports: IdentityPorts;
    const store = (changes: Parameters<typeof aUser>[0] = {}): Promise<boolean> =>
      ports.uow.run(() => ports.users.add(aUser(changes)));

    beforeEach(async () => {
      ports = await open();
    });
    afterEach(() => ports.close());

    it('show an account as its owner sees it, and nothing else of it', async () => {
      await store();
      const { email, profile, roles, mfaEnabled, status, createdAt, updatedAt, version } = aUserState();

      expect(await ports.queries.profileOf(USER_ID)).toEqual({
        id: USER_ID,
        email: email.value,
        emailVerified: true,
        ...profile,
        roles,
        mfaEnabled,
        status,
        createdAt,
        updatedAt,
        version,
      });
    });

    it('show an unproven and a disabled account as they are', async () => {
      await store({ emailVerifiedAt: null, status: 'disabled', roles: ['user', 'admin'] });

      expect(await ports.queries.profileOf(USER_ID)).toMatchObject({
        emailVerified: false,
        status: 'disabled',
        roles: ['user', 'admin'],
      });
    });

    it('find what proves a user by the address in any spelling', async () => {
      await store({ securityEpoch: 3 });

      const found = await ports.queries.credentialsOf(anEmail('KIM@EXAMPLE.COM'));

      expect(found).toMatchObject({ passwordHash: aUserState().passwordHash, securityEpoch: 3 });
      expect(found?.profile).toEqual(await ports.queries.profileOf(USER_ID));
    });

    it('answer with nothing for a stranger', async () => {
      await store();

      expect(await ports.queries.profileOf(STRANGER)).toBeNull();
      expect(await ports.queries.credentialsOf(anEmail('lee@example.com'))).toBeNull();
      expect(await ports.queries.accountOf(STRANGER)).toBeNull();
      expect(await ports.queries.idOf({ id: STRANGER })).toBeNull();
      expect(await ports.queries.idOf({ email: anEmail('lee@example.com') })).toBeNull();
      expect(await ports.uow.run(() => ports.queries.holdEpoch(STRANGER, 1))).toBe(false);
    });

    it('tell the present epoch', async () => {
      await store({ securityEpoch: 7 });

      const profile = await ports.queries.profileOf(USER_ID);
      expect(await ports.queries.accountOf(USER_ID)).toEqual({ profile, securityEpoch: 7 });
    });

    it.each([
      ['an active account of that epoch', {}, true],
      ['an unproven account of that epoch', { emailVerifiedAt: null }, true],
      ['a later epoch', { securityEpoch: 2 }, false],
      ['a disabled account', { status: 'disabled' }, false],
    ] as const)('hold the epoch of %s: %j → %s', async (_what, changes, held) => {
      await store(changes);

      expect(await ports.uow.run(() => ports.queries.holdEpoch(USER_ID, 1))).toBe(held);
    });

    it('hold an epoch against every change until the unit of work ends', async () => {
      await store({ emailVerifiedAt: null });
      const order: string[] = [];
      const held = Promise.withResolvers<undefined>();
      const change = held.promise.then(() => changePassword(order));
      await ports.uow.run(async () => {
        expect(await ports.queries.holdEpoch(USER_ID, 1)).toBe(true);
        held.resolve(undefined);
        // More round trips than the change needs.
        for (let reads = 0; reads < 20; reads += 1) {
          expect(await ports.queries.accountOf(USER_ID)).toMatchObject({ securityEpoch: 1 });
        }
        order.push('let go');
      });
      await change;

      expect(order).toEqual(['let go', 'changed']);
      expect(await ports.uow.run(() => ports.queries.holdEpoch(USER_ID, 1))).toBe(false);
    });

    it('let two hold the same epoch at once', async () => {
      await store();
      const held = await Promise.all(
        Array.from({ length: 4 }, () => ports.uow.run(() => ports.queries.holdEpoch(USER_ID, 1))),
      );

      expect(held).toEqual([true, true, true, true]);
    });

    async function changePassword(order: string[]): Promise<void> {
      await ports.uow.run(async () => {
        const user = await ports.users.findForUpdate(USER_ID);
        user!.changePassword('another', 'a session', NOW);
        await ports.users.save(user!);
        order.push('changed');
      });
    }
  });
}
