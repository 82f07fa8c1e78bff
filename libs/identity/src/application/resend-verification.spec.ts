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

  it('RC-07 mails the earliest registration again, so that a stranger’s later one is never the answer', async () => {
    await world.registerUser.execute(REGISTRATION);
    world.clock.advance({ minutes: 10 });
    await world.registerUser.execute({ ...REGISTRATION, password: 'the password of a stranger', locale: 'en' });
    world.clock.advance({ minutes: 10 });
    await world.resendVerification.execute(REGISTRATION.email);

    expect(world.mail.letters.at(-1)).toMatchObject({
      language: 'ko',
      signedUpAt: new Date('2026-03-01T09:00:00.000Z'),
    });
    await world.verifyEmail.execute(world.mail.lastToken);
    expect(world.users.users.all()[0]?.passwordHash).toBe(`hash of: ${REGISTRATION.password}`);
  });

  it('mails the registration whose link still works, with its decisions, once that of the first has expired', async () => {
    await world.registerUser.execute(REGISTRATION);
    world.clock.advance({ hours: 23 });
    const consents = [{ purpose: 'terms', version: '3', granted: true }];
    await world.registerUser.execute({ ...REGISTRATION, password: 'the password of the next day', consents });
    world.clock.advance({ hours: 2 });
    await world.resendVerification.execute(REGISTRATION.email);

    await world.verifyEmail.execute(world.mail.lastToken);
    expect(world.users.users.all()[0]?.passwordHash).toBe('hash of: the password of the next day');
    expect(world.users.consents).toMatchObject(consents);
  });

  it('helps after every link has expired', async () => {
    await world.registerUser.execute(REGISTRATION);
    world.clock.advance({ hours: 25 });
    await world.resendVerification.execute(REGISTRATION.email);

    await world.verifyEmail.execute(world.mail.lastToken);
    expect(world.users.users.all()[0]?.emailVerifiedAt).not.toBeNull();
  });

  it('names when the account was made once nothing is kept of its registration', async () => {
    const createdAt = new Date('2026-02-27T09:00:00.000Z');
    await world.store(aUser({ emailVerifiedAt: null, createdAt }));
    await world.resendVerification.execute(REGISTRATION.email);

    expect(world.mail.letters).toMatchObject([{ signedUpAt: createdAt, language: 'ko' }]);
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
