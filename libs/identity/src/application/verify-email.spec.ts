import { beforeEach, describe, expect, it } from '@jest/globals';

import { IdentityWorld, REGISTRATION } from '../../testing/identity-world.js';
import { OneTimeTokenInvalid } from '../domain/errors.js';

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

  it('spends a token of an earlier registration without proving anything', async () => {
    await world.registerUser.execute(REGISTRATION);

    await expect(world.verifyEmail.execute(token)).rejects.toThrow(OneTimeTokenInvalid);
    expect(verifiedAt()).toBeNull();
    expect(world.uow.publishedTypes).not.toContain('identity.email_verified');
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
