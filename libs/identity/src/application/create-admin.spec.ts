import { beforeEach, describe, expect, it } from '@jest/globals';

import { aUser } from '../../testing/builders.js';
import { IdentityWorld, REGISTRATION } from '../../testing/identity-world.js';
import { InvalidEmail, PasswordRejected } from '../domain/errors.js';
import { CreateAdmin } from './create-admin.js';

const { email: EMAIL, password: PASSWORD } = REGISTRATION;

describe('Making an administrator', () => {
  let world: IdentityWorld;
  let createAdmin: CreateAdmin;

  beforeEach(() => {
    world = new IdentityWorld({ settings: { minimumAge: 14 }, refusals: { weak: ['too_short'] } });
    createAdmin = new CreateAdmin(world.rules, world.users, world.tokens, world.uow, world.clock);
  });

  it('makes an account that can sign in at once, with both roles and no mail', async () => {
    expect(await createAdmin.execute(' KIM@example.com ', PASSWORD)).toBe(true);

    expect(await world.verifyPassword(EMAIL, PASSWORD)).toMatchObject({
      outcome: 'accepted',
      account: { email: EMAIL, roles: ['user', 'admin'] },
    });
    expect(world.mail.letters).toEqual([]);
  });

  it('is on record step by step', async () => {
    await createAdmin.execute(EMAIL, PASSWORD);

    expect(world.uow.publishedTypes).toEqual([
      'identity.registered',
      'identity.email_verified',
      'identity.roles_changed',
    ]);
  });

  it.each([
    ['proven', {}],
    ['disabled', { status: 'disabled' }],
    ['disabled before it was proven', { status: 'disabled', emailVerifiedAt: null }],
  ] as const)('changes nothing about an address that is taken, %s', async (_how, changes) => {
    const owner = await world.store(aUser(changes));

    expect(await createAdmin.execute(EMAIL, 'another good password')).toBe(false);
    expect(world.users.users.all()).toEqual([owner.state]);
    expect(world.uow.published).toEqual([]);
  });

  describe('over a registration that nobody has proven', () => {
    const STRANGER = 'the password of a stranger';
    let link: string;

    beforeEach(async () => {
      const consents = [{ purpose: 'terms', version: '1', granted: true }];
      await world.registerUser.execute({ ...REGISTRATION, birthDate: '1990-01-01', password: STRANGER, consents });
      link = world.mail.lastToken;
    });

    it('makes the account the administrator’s, and leaves the stranger nothing', async () => {
      expect(await createAdmin.execute(EMAIL, PASSWORD)).toBe(true);

      expect(await world.verifyPassword(EMAIL, PASSWORD)).toMatchObject({
        outcome: 'accepted',
        account: { displayName: null, roles: ['user', 'admin'], securityEpoch: 2 },
      });
      expect(await world.verifyPassword(EMAIL, STRANGER)).toMatchObject({ outcome: 'rejected' });
      await expect(world.verifyEmail.execute(link)).rejects.toMatchObject({ code: 'token_invalid' });
      expect(world.tokens.issued).toMatchObject([{ used: true, registration: null }]);
      expect(world.users.users.all()).toHaveLength(1);
    });

    it('is on record as renewed', async () => {
      await createAdmin.execute(EMAIL, PASSWORD);

      expect(world.uow.published.slice(1)).toMatchObject([
        { type: 'identity.registered', data: { renewed: true } },
        { type: 'identity.email_verified' },
        { type: 'identity.roles_changed', data: { added: ['admin'], removed: [] } },
      ]);
    });
  });

  it('wants a good password and a real address like everybody else', async () => {
    await expect(createAdmin.execute(EMAIL, 'weak')).rejects.toThrow(PasswordRejected);
    await expect(createAdmin.execute('root@localhost', PASSWORD)).rejects.toThrow(InvalidEmail);
    expect(world.users.users.all()).toEqual([]);
  });

  it('ID-06 of 20 at once makes one', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => createAdmin.execute(EMAIL, PASSWORD)));

    expect(made.filter(Boolean)).toHaveLength(1);
  });
});
