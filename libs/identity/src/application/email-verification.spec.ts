import { beforeEach, describe, expect, it } from '@jest/globals';

import { anEmail, aUser, USER_ID } from '../../testing/builders.js';
import { IdentityWorld } from '../../testing/identity-world.js';

const OTHER_ID = '01938a6e-0000-7000-8000-00000000bbbb';

describe('The verification of an address', () => {
  let world: IdentityWorld;
  const user = aUser({ emailVerifiedAt: null, securityEpoch: 5 });
  const issue = (to = user): Promise<void> =>
    world.uow.run(() => world.verification.issue(to, null, world.clock.now()));
  const mayIssue = (): Promise<boolean> => world.verification.mayIssue(USER_ID, world.clock.now());

  beforeEach(() => {
    world = new IdentityWorld({ settings: { verificationTokenHours: 2 } });
  });

  it('mails a token of 256 bits that is bound to the epoch and lives as long as is set', async () => {
    await issue();

    expect(world.mail.lastToken).toHaveLength(43);
    expect(world.tokens.issued).toMatchObject([
      { userId: USER_ID, securityEpoch: 5, expiresAt: new Date('2026-03-01T11:00:00.000Z') },
    ]);
  });

  it('mails a different token each time', async () => {
    await issue();
    const first = world.mail.lastToken;
    await issue();

    expect(world.mail.lastToken).not.toBe(first);
  });

  it('may mail three times within any hour', async () => {
    for (let mails = 0; mails < 3; mails += 1) {
      expect(await mayIssue()).toBe(true);
      await issue();
      world.clock.advance({ minutes: 10 });
    }
    expect(await mayIssue()).toBe(false);

    world.clock.advance({ minutes: 29, seconds: 59 });
    expect(await mayIssue()).toBe(false);
    world.clock.advance({ seconds: 1 });
    expect(await mayIssue()).toBe(true);
  });

  it('counts each user alone', async () => {
    const other = aUser({ id: OTHER_ID, email: anEmail('lee@example.com'), emailVerifiedAt: null });
    for (let mails = 0; mails < 3; mails += 1) await issue(other);

    expect(await mayIssue()).toBe(true);
  });

  it('counts what was spent as well, so that spending earns no further mail', async () => {
    await world.store(aUser({ emailVerifiedAt: null, securityEpoch: 5 }));
    for (let mails = 0; mails < 3; mails += 1) await issue();
    await world.verifyEmail.execute(world.mail.lastToken);

    expect(await mayIssue()).toBe(false);
  });
});
