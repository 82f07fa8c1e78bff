import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { aNewUser, anEmail, aRegistration, aUser, aUserState, NOW, USER_ID } from './builders.js';
import type { IdentityPorts, OpenIdentityPorts } from './identity-ports.js';

const OTHER_ID = '01938a6e-0000-7000-8000-00000000bbbb';
const later = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);
const numbered = (index: number): string => `01938a6e-0000-7000-8000-0000000000${String(index).padStart(2, '0')}`;

/** What every `UserRepository` does, real or fake. */
export function describeUserRepository(name: string, open: OpenIdentityPorts): void {
  describe(`A user repository (${name})`, () => {
    let ports: IdentityPorts;
    const inWork = <T>(work: () => Promise<T>): Promise<T> => ports.uow.run(work);

    beforeEach(async () => {
      ports = await open();
    });
    afterEach(() => ports.close());

    it('gives a user back whole, by id and by address', async () => {
      const state = aUserState();
      expect(await inWork(() => ports.users.add(aUser()))).toBe(true);

      const found = await inWork(async () => [
        await ports.users.findForUpdate(USER_ID),
        await ports.users.findByEmailForUpdate(anEmail('KIM@Example.com')),
      ]);

      expect(found.map((user) => user?.state)).toEqual([state, state]);
    });

    it('keeps what is absent absent', async () => {
      const profile = { displayName: null, locale: 'en', phone: null } as const;
      await inWork(() => ports.users.add(aUser({ emailVerifiedAt: null, profile })));

      const found = await inWork(() => ports.users.findForUpdate(USER_ID));

      expect(found?.state).toEqual(aUserState({ emailVerifiedAt: null, profile }));
    });

    it('knows nobody by a strange id or address', async () => {
      await inWork(() => ports.users.add(aUser()));

      expect(await inWork(() => ports.users.findForUpdate(OTHER_ID))).toBeNull();
      expect(await inWork(() => ports.users.findByEmailForUpdate(anEmail('lee@example.com')))).toBeNull();
    });

    it('publishes the events of a new user when the unit of work ends, once', async () => {
      const user = aNewUser();
      await inWork(async () => {
        await ports.users.add(user);
        await ports.users.save(user);
      });

      expect(await ports.published()).toEqual(['identity.registered']);
    });

    it('leaves neither user nor event when the unit of work fails', async () => {
      const work = inWork(async () => {
        await ports.users.add(aNewUser());
        throw new Error('no');
      });

      await expect(work).rejects.toThrow('no');
      expect(await ports.queries.profileOf(USER_ID)).toBeNull();
      expect(await ports.published()).toEqual([]);
      expect(await inWork(() => ports.users.add(aNewUser()))).toBe(true);
    });

    it('ID-06 refuses a taken address without an error, an event or a second user', async () => {
      await inWork(() => ports.users.add(aUser()));

      expect(await inWork(() => ports.users.add(aNewUser({ id: OTHER_ID })))).toBe(false);
      expect(await ports.queries.profileOf(OTHER_ID)).toBeNull();
      expect(await ports.published()).toEqual([]);
    });

    it('ID-06 lets one of 20 parallel users have an address', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_each, index) => inWork(() => ports.users.add(aNewUser({ id: numbered(index) })))),
      );

      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await ports.published()).toEqual(['identity.registered']);
    });

    it('stores a change with its events', async () => {
      await inWork(() => ports.users.add(aUser({ emailVerifiedAt: null })));
      await inWork(async () => {
        const user = await ports.users.findForUpdate(USER_ID);
        user!.verifyEmail(later(1));
        user!.updateProfile({ displayName: 'Minji', phone: null }, () => true, later(2));
        await ports.users.save(user!);
      });

      const found = await inWork(() => ports.users.findForUpdate(USER_ID));
      expect(found?.state).toEqual(
        aUserState({
          emailVerifiedAt: later(1),
          profile: { displayName: 'Minji', locale: 'ko', phone: null },
          version: 3,
          updatedAt: later(2),
        }),
      );
      expect(await ports.published()).toEqual(['identity.email_verified', 'identity.profile_updated']);
    });

    it('stores a registration that was confirmed whole', async () => {
      await inWork(() => ports.users.add(aUser({ emailVerifiedAt: null })));
      const profile = { displayName: 'Owner', locale: 'en', phone: null } as const;
      await inWork(async () => {
        const user = await ports.users.findForUpdate(USER_ID);
        user!.confirmRegistration(aRegistration({ passwordHash: 'hash of the owner', profile }), later(5));
        await ports.users.save(user!);
      });

      const found = await inWork(() => ports.users.findForUpdate(USER_ID));
      expect(found?.state).toEqual(
        aUserState({
          emailVerifiedAt: later(5),
          passwordHash: 'hash of the owner',
          profile,
          version: 2,
          updatedAt: later(5),
        }),
      );
    });

    it('stores nothing of a user that nobody saves', async () => {
      await inWork(() => ports.users.add(aUser()));
      await inWork(async () => {
        const user = await ports.users.findForUpdate(USER_ID);
        user!.updateProfile({ displayName: 'Lost' }, () => true, later(1));
      });

      expect((await ports.queries.profileOf(USER_ID))?.displayName).toBe('김민지');
    });

    it('loses none of 20 parallel changes, because who reads for update waits', async () => {
      await inWork(() => ports.users.add(aUser()));
      await Promise.all(
        Array.from({ length: 20 }, (_each, index) =>
          inWork(async () => {
            const user = await ports.users.findForUpdate(USER_ID);
            user!.updateProfile({ displayName: `name ${String(index)}` }, () => true, later(index));
            await ports.users.save(user!);
          }),
        ),
      );

      expect((await ports.queries.profileOf(USER_ID))?.version).toBe(21);
      expect(await ports.published()).toHaveLength(20);
    });

    it('grants a notice once an hour', async () => {
      await inWork(() => ports.users.add(aUser()));
      const claims: boolean[] = [];
      for (const minutes of [0, 1, 59, 60, 61, 119, 120]) {
        claims.push(await inWork(() => ports.users.claimNotice(USER_ID, later(minutes))));
      }

      expect(claims).toEqual([true, false, false, true, false, false, true]);
    });

    it('grants a notice to one of 20 parallel claims', async () => {
      await inWork(() => ports.users.add(aUser()));
      const claims = await Promise.all(
        Array.from({ length: 20 }, () => inWork(() => ports.users.claimNotice(USER_ID, NOW))),
      );

      expect(claims.filter(Boolean)).toHaveLength(1);
    });

    it('keeps every decision about a purpose, in order', async () => {
      await inWork(() => ports.users.add(aUser()));
      const yes = { purpose: 'marketing_email', version: '2026-01', granted: true };
      const no = { ...yes, granted: false };
      await inWork(() => ports.users.addConsents(USER_ID, [yes], NOW));
      await inWork(() => ports.users.addConsents(USER_ID, [no, { ...yes, purpose: 'analytics' }], later(1)));
      await inWork(() => ports.users.addConsents(USER_ID, [], later(2)));

      expect(await ports.consentsOf(USER_ID)).toEqual([yes, no, { ...yes, purpose: 'analytics' }]);
    });

    it('forgets the decisions of one user, and of no other', async () => {
      const consent = { purpose: 'analytics', version: '1', granted: true };
      await inWork(async () => {
        await ports.users.add(aUser());
        await ports.users.add(aUser({ id: OTHER_ID, email: anEmail('lee@example.com') }));
        await ports.users.addConsents(USER_ID, [consent, { ...consent, purpose: 'marketing_email' }], NOW);
        await ports.users.addConsents(OTHER_ID, [consent], NOW);
        await ports.users.discardConsents(USER_ID);
      });

      expect(await ports.consentsOf(USER_ID)).toEqual([]);
      expect(await ports.consentsOf(OTHER_ID)).toEqual([consent]);
    });

    it('writes inside of a unit of work only', async () => {
      await expect(ports.users.add(aUser())).rejects.toThrow();
      await inWork(() => ports.users.add(aUser()));
      const decision = { purpose: 'analytics', version: '1', granted: true };

      await expect(ports.users.claimNotice(USER_ID, NOW)).rejects.toThrow();
      await expect(ports.users.addConsents(USER_ID, [decision], NOW)).rejects.toThrow();
      await expect(ports.users.discardConsents(USER_ID)).rejects.toThrow();
    });
  });
}
