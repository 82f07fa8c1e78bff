import { beforeEach, describe, expect, it } from '@jest/globals';

import { aUser, NOW } from '../../testing/builders.js';
import { IdentityWorld, REGISTRATION } from '../../testing/identity-world.js';

const MARKETING = { purpose: 'marketing_email', version: '2026-01', granted: true };
const TERMS = { purpose: 'terms', version: '3', granted: true };

describe('Registering', () => {
  let world: IdentityWorld;
  const stored = (): ReturnType<typeof aUser>['state'] => world.users.users.all()[0]!;
  const register = (changes: Partial<Parameters<IdentityWorld['registerUser']['execute']>[0]> = {}): Promise<void> =>
    world.registerUser.execute({ ...REGISTRATION, ...changes });

  beforeEach(() => {
    world = new IdentityWorld();
  });

  describe('a new address', () => {
    it('makes an unproven account from what was typed, in its one form', async () => {
      await register({ email: ' KIM@Example.com ' });

      expect(stored()).toMatchObject({
        email: { value: 'kim@example.com' },
        emailVerifiedAt: null,
        passwordHash: 'hash of: correct horse battery staple',
        profile: { displayName: '김민지', locale: 'ko', phone: null },
        roles: ['user'],
        status: 'active',
      });
    });

    it('mails a token that lives for 24 hours and belongs to this registration', async () => {
      await register();

      expect(world.mail.letters).toEqual([
        {
          kind: 'verify_email',
          to: 'kim@example.com',
          token: expect.stringMatching(/^.{43}$/),
          signedUpAt: world.clock.now(),
          language: 'ko',
        },
      ]);
      expect(world.tokens.issued).toMatchObject([
        {
          token: world.mail.lastToken,
          userId: stored().id,
          securityEpoch: 1,
          issuedAt: world.clock.now(),
          expiresAt: new Date('2026-03-02T09:00:00.000Z'),
        },
      ]);
    });

    it('keeps decisions about purposes until the address is proven, and tells each then', async () => {
      await register({ consents: [MARKETING, { ...TERMS, granted: false }] });
      expect(world.users.consents).toEqual([]);
      expect(world.uow.publishedTypes).toEqual(['identity.registered']);
      world.clock.advance({ minutes: 5 });
      await world.verifyEmail.execute(world.mail.lastToken);

      expect(world.users.consents).toMatchObject([
        { ...MARKETING, decidedAt: NOW },
        { ...TERMS, granted: false, decidedAt: NOW },
      ]);
      expect(world.uow.publishedTypes.slice(1)).toEqual([
        'identity.email_verified',
        'identity.consent_granted',
        'identity.consent_withdrawn',
      ]);
    });

    it('leaves nothing at all when the mail cannot be queued', async () => {
      world.mail.verifyEmail = async () => {
        throw new Error('no queue');
      };

      await expect(register({ consents: [MARKETING] })).rejects.toThrow('no queue');
      expect(world.users.users.all()).toEqual([]);
      expect(world.users.consents).toEqual([]);
      expect(world.tokens.issued).toEqual([]);
      expect(world.uow.published).toEqual([]);
    });
  });

  describe('an address that is proven', () => {
    beforeEach(() => world.store(aUser({ passwordHash: 'hash of the owner' })));

    it('changes nothing and tells its owner, with no word to the caller', async () => {
      await expect(register({ consents: [MARKETING] })).resolves.toBeUndefined();

      expect(stored()).toEqual(aUser({ passwordHash: 'hash of the owner' }).state);
      expect(world.users.consents).toEqual([]);
      expect(world.mail.letters).toEqual([{ kind: 'address_already_registered', to: 'kim@example.com' }]);
      expect(world.tokens.issued).toEqual([]);
      expect(world.uow.published).toEqual([]);
    });

    it('tells its owner once an hour at most', async () => {
      await register();
      await register();
      world.clock.advance({ minutes: 59 });
      await register();
      expect(world.mail.letters).toHaveLength(1);

      world.clock.advance({ minutes: 1 });
      await register();
      expect(world.mail.letters).toHaveLength(2);
    });

    it('costs one hash, like a new address', async () => {
      await register();
      await register({ email: 'new@example.com' });

      expect(world.hasher.hashes).toBe(2);
    });
  });

  describe('an address that nobody has proven', () => {
    const FIRST = 'the password of whoever was first';
    const SECOND = 'the password of whoever came second';
    const accepts = async (password: string): Promise<boolean> =>
      (await world.verifyPassword(REGISTRATION.email, password)).outcome === 'accepted';
    let firstLink: string;

    beforeEach(async () => {
      await register({ password: FIRST, displayName: 'First', consents: [TERMS] });
      firstLink = world.mail.lastToken;
      world.clock.advance({ minutes: 10 });
    });

    it('keeps both registrations apart, and mails what the newer one needs', async () => {
      const before = stored();
      await register({ password: SECOND, locale: 'en' });

      expect(world.users.users.all()).toEqual([before]);
      expect(world.mail.letters.at(-1)).toMatchObject({ language: 'en', signedUpAt: world.clock.now() });
      expect(world.uow.publishedTypes).toEqual(['identity.registered', 'identity.registered']);
    });

    it('RC-07 lets the first link prove the first registration alone, whoever came second', async () => {
      await register({ password: SECOND, displayName: 'Second', consents: [MARKETING] });
      await world.verifyEmail.execute(firstLink);

      expect([await accepts(FIRST), await accepts(SECOND)]).toEqual([true, false]);
      expect(stored().profile.displayName).toBe('First');
      expect(world.users.consents).toMatchObject([TERMS]);
    });

    it('RC-07 lets the second link prove the second registration alone, whoever came first', async () => {
      await register({ password: SECOND, displayName: 'Second', consents: [MARKETING] });
      await world.verifyEmail.execute(world.mail.lastToken);

      expect([await accepts(FIRST), await accepts(SECOND)]).toEqual([false, true]);
      expect(stored().profile.displayName).toBe('Second');
      expect(world.users.consents).toMatchObject([MARKETING]);
    });

    describe('once three mails an hour are spent', () => {
      beforeEach(async () => {
        await register({ password: SECOND });
        await register({ password: SECOND });
      });

      it('costs one hash and changes nothing, whatever the password is', async () => {
        const before = [world.users.users.all(), world.tokens.issued, world.uow.publishedTypes];
        const costs: number[] = [];
        for (const password of [FIRST, SECOND, 'the password of a third']) {
          const { hashes, verifications } = world.hasher;
          await register({ password, consents: [MARKETING] });
          costs.push(world.hasher.hashes + world.hasher.verifications - hashes - verifications);
        }

        expect(costs).toEqual([1, 1, 1]);
        expect([world.users.users.all(), world.tokens.issued, world.uow.publishedTypes]).toEqual(before);
        expect(world.mail.letters).toHaveLength(3);
      });

      it('leaves every link good that was mailed before', async () => {
        await register({ password: 'the password of a third' });
        await world.verifyEmail.execute(firstLink);

        expect(await accepts(FIRST)).toBe(true);
      });
    });

    it('is open to a new registration when an hour has passed', async () => {
      await register({ password: SECOND });
      await register({ password: SECOND });
      world.clock.advance({ hours: 1 });
      await register({ password: 'the password of the fourth' });
      await world.verifyEmail.execute(world.mail.lastToken);

      expect(await accepts('the password of the fourth')).toBe(true);
    });
  });

  it('ID-06 in parallel makes one account and mails no more than three letters', async () => {
    await Promise.all(Array.from({ length: 50 }, () => register()));

    expect(world.users.users.all()).toHaveLength(1);
    expect(world.mail.letters).toHaveLength(3);
    expect(world.tokens.issued).toHaveLength(3);
  });

  it.each([
    ['an impossible address', { email: 'mike＠example.com' }, 'validation_failed'],
    ['a password that the policy refuses', { password: 'password1234' }, 'password_rejected'],
  ])('refuses %s before anything is hashed or stored', async (_what, changes, code) => {
    world = new IdentityWorld({ refusals: { password1234: ['common'] } });

    await expect(register(changes)).rejects.toMatchObject({ code });
    expect(world.hasher.hashes).toBe(0);
    expect(world.users.users.all()).toEqual([]);
    expect(world.mail.letters).toEqual([]);
  });
});
