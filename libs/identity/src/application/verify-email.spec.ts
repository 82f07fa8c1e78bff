import { beforeEach, describe, expect, it } from '@jest/globals';

import { IdentityWorld, REGISTRATION } from '../../testing/identity-world.js';
import { OneTimeTokenInvalid } from '../domain/errors.js';
import { User } from '../domain/user.js';

describe('Verifying an address', () => {
  let world: IdentityWorld;
  let token: string;
  const verifiedAt = (): Date | null | undefined => world.users.users.all()[0]?.emailVerifiedAt;

  beforeEach(async () => {
    world = new IdentityWorld();
    await world.registerUser.execute(REGISTRATION);
    token = world.mail.lastToken;
  });

  it('proves it, and tells so once', async () => {
    world.clock.advance({ minutes: 5 });
    await world.verifyEmail.execute(token);

    expect(verifiedAt()).toEqual(world.clock.now());
    expect(world.uow.publishedTypes).toEqual(['identity.registered', 'identity.email_verified']);
  });

  it('ID-09 takes a token once', async () => {
    await world.verifyEmail.execute(token);

    await expect(world.verifyEmail.execute(token)).rejects.toThrow(OneTimeTokenInvalid);
  });

  it('ID-09 in parallel has one success', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => world.verifyEmail.execute(token)));

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('ID-09 refuses a token that is 24 hours old', async () => {
    world.clock.advance({ hours: 24 });

    await expect(world.verifyEmail.execute(token)).rejects.toThrow(OneTimeTokenInvalid);
    expect(verifiedAt()).toBeNull();
  });

  it.each(['', 'unknown', 'x'.repeat(128)])('refuses %j', async (strange) => {
    await expect(world.verifyEmail.execute(strange)).rejects.toThrow(OneTimeTokenInvalid);
  });

  it('takes an earlier mail of the same registration too', async () => {
    await world.resendVerification.execute(REGISTRATION.email);
    expect(world.mail.lastToken).not.toBe(token);

    await world.verifyEmail.execute(token);

    expect(verifiedAt()).not.toBeNull();
  });

  it('voids every other link, of the same registration and of others', async () => {
    await world.resendVerification.execute(REGISTRATION.email);
    const again = world.mail.lastToken;
    await world.registerUser.execute({ ...REGISTRATION, password: 'the password of somebody else' });
    const another = world.mail.lastToken;
    await world.verifyEmail.execute(token);

    for (const late of [again, another]) {
      await expect(world.verifyEmail.execute(late)).rejects.toThrow(OneTimeTokenInvalid);
    }
    expect(world.users.users.all()[0]?.passwordHash).toBe(`hash of: ${REGISTRATION.password}`);
    expect(world.tokens.issued.map(({ registration }) => registration)).toEqual([null, null, null]);
  });

  it('of two registrations at once takes one', async () => {
    await world.registerUser.execute({ ...REGISTRATION, password: 'the password of somebody else' });
    const links = [token, world.mail.lastToken];
    const outcomes = await Promise.allSettled(links.map((link) => world.verifyEmail.execute(link)));

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('refuses a token of an earlier epoch, whatever it would confirm', async () => {
    const user = world.users.users.all()[0]!;
    await world.uow.run(async () => world.users.users.put(user.id, { ...user, securityEpoch: 2 }));

    await expect(world.verifyEmail.execute(token)).rejects.toThrow(OneTimeTokenInvalid);
    expect(verifiedAt()).toBeNull();
  });

  it('changes nothing of an address that was proven otherwise, and leaves it its password', async () => {
    const user = world.users.users.all()[0]!;
    const proven = { ...user, emailVerifiedAt: world.clock.now(), passwordHash: 'hash of the owner' };
    await world.uow.run(async () => world.users.users.put(user.id, proven));

    await expect(world.verifyEmail.execute(token)).rejects.toThrow(OneTimeTokenInvalid);
    expect(world.users.users.all()).toEqual([proven]);
  });

  it('confirms the account as it stands by a token without a registration', async () => {
    const user = world.users.users.all()[0]!;
    await world.uow.run(() => world.verification.issue(User.restore(user), null, world.clock.now()));
    await world.verifyEmail.execute(world.mail.lastToken);

    expect(world.users.users.all()).toMatchObject([{ passwordHash: user.passwordHash, version: 2 }]);
    expect(verifiedAt()).not.toBeNull();
  });

  it('keeps the token good when the proof cannot be stored', async () => {
    const { save } = world.users;
    world.users.save = async () => {
      throw new Error('disk full');
    };
    await expect(world.verifyEmail.execute(token)).rejects.toThrow('disk full');
    world.users.save = save.bind(world.users);

    await world.verifyEmail.execute(token);

    expect(verifiedAt()).not.toBeNull();
  });
});
