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
        { kind: 'verify_email', to: 'kim@example.com', token: expect.stringMatching(/^.{43}$/) },
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

    it('keeps and tells each decision about a purpose', async () => {
      await register({ consents: [MARKETING, { ...TERMS, granted: false }] });

      expect(world.users.consents).toMatchObject([MARKETING, { ...TERMS, granted: false }]);
      expect(world.uow.publishedTypes).toEqual([
        'identity.registered',
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
    beforeEach(() => register({ password: 'the password of whoever was first', displayName: 'Stranger' }));

    it('lets the newest registration count', async () => {
      const first = stored();
      await register({ displayName: 'Owner', locale: 'en' });

      expect(world.users.users.all()).toHaveLength(1);
      expect(stored()).toMatchObject({
        id: first.id,
        passwordHash: 'hash of: correct horse battery staple',
        profile: { displayName: 'Owner', locale: 'en', phone: null },
        securityEpoch: 2,
      });
    });

    it('ID-09 makes the earlier token worthless and the newest good', async () => {
      const earlier = world.mail.lastToken;
      await register();

      await expect(world.verifyEmail.execute(earlier)).rejects.toMatchObject({ code: 'token_invalid' });
      expect(stored().emailVerifiedAt).toBeNull();
      await world.verifyEmail.execute(world.mail.lastToken);
      expect(stored().emailVerifiedAt).toEqual(NOW);
    });

    it('forgets what the earlier registration agreed to', async () => {
      await register({ consents: [MARKETING] });
      await register({ consents: [TERMS] });

      expect(world.users.consents).toMatchObject([TERMS]);
    });

    describe('once three mails an hour are spent', () => {
      beforeEach(async () => {
        await register();
        await register();
      });

      it('changes nothing for who comes again with the same password', async () => {
        const third = stored();
        await register({ displayName: 'Impatient' });

        expect(stored()).toEqual(third);
        expect(world.mail.letters).toHaveLength(3);
        await world.verifyEmail.execute(world.mail.lastToken);
      });

      it('RC-07 lets nobody prove an earlier registration for who comes with another password', async () => {
        const strangers = world.mail.lastToken;
        await register({ password: 'the password of the owner', consents: [MARKETING] });

        expect(stored()).toMatchObject({ passwordHash: 'hash of: the password of the owner' });
        expect(world.users.consents).toMatchObject([MARKETING]);
        expect(world.mail.letters).toHaveLength(3);
        await expect(world.verifyEmail.execute(strangers)).rejects.toMatchObject({ code: 'token_invalid' });
        world.clock.advance({ hours: 1 });
        await world.resendVerification.execute(stored().email.value);
        await world.verifyEmail.execute(world.mail.lastToken);
      });
    });

    it('is open to a new registration when an hour has passed', async () => {
      await register();
      await register();
      world.clock.advance({ hours: 1 });
      await register({ password: 'the password of the fourth' });

      expect(stored().passwordHash).toBe('hash of: the password of the fourth');
    });
  });

  it('ID-06 in parallel makes one account and mails no more than three letters', async () => {
    await Promise.all(Array.from({ length: 50 }, () => register()));

    expect(world.users.users.all()).toHaveLength(1);
    expect(world.mail.letters).toHaveLength(3);
    expect(world.tokens.issued.filter(({ securityEpoch }) => securityEpoch === stored().securityEpoch)).toHaveLength(1);
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
