import { beforeEach, describe, expect, it } from '@jest/globals';

import { aUser } from '../../testing/builders.js';
import { IdentityWorld, REGISTRATION } from '../../testing/identity-world.js';
import { InvalidEmail } from '../domain/errors.js';

describe('Asking for another mail', () => {
  let world: IdentityWorld;

  beforeEach(() => {
    world = new IdentityWorld();
  });

  it('mails another good token to the stored address, however the address was typed', async () => {
    await world.registerUser.execute(REGISTRATION);
    await world.resendVerification.execute(' KIM@EXAMPLE.com ');

    expect(world.mail.letters.map(({ kind, to }) => `${kind} ${to}`)).toEqual([
      'verify_email kim@example.com',
      'verify_email kim@example.com',
    ]);
    await world.verifyEmail.execute(world.mail.lastToken);
  });

  it('mails three times an hour at most, the first mail included', async () => {
    await world.registerUser.execute(REGISTRATION);
    for (let asked = 0; asked < 5; asked += 1) await world.resendVerification.execute(REGISTRATION.email);
    expect(world.mail.letters).toHaveLength(3);

    world.clock.advance({ hours: 1 });
    await world.resendVerification.execute(REGISTRATION.email);
    expect(world.mail.letters).toHaveLength(4);
  });

  it('in parallel mails no more than that', async () => {
    await world.registerUser.execute(REGISTRATION);
    await Promise.all(Array.from({ length: 20 }, () => world.resendVerification.execute(REGISTRATION.email)));

    expect(world.mail.letters).toHaveLength(3);
  });

  it('is silent about an address that nobody registered', async () => {
    await expect(world.resendVerification.execute('lee@example.com')).resolves.toBeUndefined();

    expect(world.mail.letters).toEqual([]);
  });

  it('is silent about an address that is proven', async () => {
    await world.store(aUser());
    await world.resendVerification.execute(REGISTRATION.email);

    expect(world.mail.letters).toEqual([]);
    expect(world.tokens.issued).toEqual([]);
  });

  it('refuses what cannot be an address', async () => {
    await expect(world.resendVerification.execute('mike＠example.com')).rejects.toThrow(InvalidEmail);
  });
});
