import { beforeEach, describe, expect, it, jest } from '@jest/globals';

import { anEmail, aUser, NOW, USER_ID } from '../../testing/builders.js';
import { ELSEWHERE, IdentityWorld, REGISTRATION } from '../../testing/identity-world.js';
import { OneTimeTokenInvalid, PasswordRejected } from '../domain/errors.js';

const NEXT = 'neun Quitten rollen bergab';

let world: IdentityWorld;

beforeEach(() => {
  world = new IdentityWorld({ refusals: { weak: ['common'] } });
});

const stateOf = (id = USER_ID) => world.users.users.get(id)!;

describe('A link to a new password', () => {
  it('is mailed three times an hour, to active accounts only, and changes nothing', async () => {
    await world.store(aUser());
    const before = stateOf();
    const sent: boolean[] = [];
    for (let n = 0; n < 5; n += 1) sent.push(await world.mailPasswordReset.toUser(USER_ID));
    world.clock.advance({ hours: 1, milliseconds: 1 });
    sent.push(await world.mailPasswordReset.toUser(USER_ID));

    expect(sent).toEqual([true, true, true, false, false, true]);
    expect(stateOf()).toEqual(before);
    expect(world.mail.letters.map(({ kind, to }) => `${kind} ${to}`)).toEqual(
      Array<string>(4).fill('reset_password kim@example.com'),
    );
  });

  it('is not mailed for a disabled account, nor for none', async () => {
    await world.store(aUser({ status: 'disabled' }));

    expect([await world.mailPasswordReset.toUser(USER_ID), await world.mailPasswordReset.toUser('none')]).toEqual([
      false,
      false,
    ]);
  });
});

describe('PW-11 Where somebody tries a password that is longer than an old hash can tell', () => {
  const TRIED = 'x'.repeat(80);
  const attempt = () => world.verifyPassword('kim@example.com', TRIED);

  beforeEach(async () => {
    await world.store(aUser({ passwordHash: 'old hash of: another' }));
  });

  it('its owner is mailed a link once an hour, however often that is tried', async () => {
    for (let n = 0; n < 3; n += 1) await attempt();
    expect(world.mail.letters).toHaveLength(1);

    world.clock.advance({ hours: 1, milliseconds: 1 });
    await attempt();
    expect(world.mail.letters).toHaveLength(2);
  });

  it('a link of before stays good', async () => {
    await world.mailPasswordReset.toUser(USER_ID);
    const token = world.mail.lastToken;
    await attempt();

    await world.resetPassword.execute(token, NEXT, ELSEWHERE);
    expect(stateOf().passwordHash).toBe(`hash of: ${NEXT}`);
  });

  it('nothing is mailed beyond what the source may cause', async () => {
    world.budget.left = 0;
    await attempt();

    expect(world.mail.letters).toEqual([]);
  });

  it('its source has used up as much as at an address that nobody has, or whose password is stored as today', async () => {
    world.budget.left = 10;
    await world.store(aUser({ id: 'another', email: anEmail('lee@example.com') }));
    const left = [];
    for (const email of ['kim', 'nobody', 'lee']) {
      await world.verifyPassword(`${email}@example.com`, TRIED);
      left.push(world.budget.left);
    }

    expect(left).toEqual([9, 8, 7]);
    await world.verifyPassword('kim@example.com', 'short and wrong');
    expect(world.budget.left).toBe(7);
  });

  it('the attempt counts although the mail fails', async () => {
    jest.spyOn(world.mailPasswordReset, 'offer').mockRejectedValue(new Error('down'));
    for (let n = 0; n < 5; n += 1) expect(await attempt()).toMatchObject({ reason: 'wrong_password' });

    expect(await attempt()).toMatchObject({ outcome: 'throttled' });
  });
});

describe('Setting a new password by a link', () => {
  const tokenFor = async (): Promise<string> => {
    await world.mailPasswordReset.toUser(USER_ID);
    return world.mail.lastToken;
  };

  it('raises the epoch, tells of it, and keeps what the owner wrote about themselves', async () => {
    await world.store(aUser());
    await world.resetPassword.execute(await tokenFor(), NEXT, ELSEWHERE);

    expect(stateOf()).toMatchObject({
      passwordHash: `hash of: ${NEXT}`,
      securityEpoch: 2,
      profile: { displayName: '김민지', phone: '+821012345678' },
    });
    expect(world.uow.published.at(-1)).toMatchObject({
      type: 'identity.password_reset',
      data: { securityEpoch: 2, firstProof: false },
    });
  });

  it('proves an address that nobody had proven, and forgets what somebody else wrote there', async () => {
    await world.registerUser.execute(REGISTRATION);
    const { id } = world.users.users.all()[0]!;
    const stranger = world.mail.lastToken;
    await world.mailPasswordReset.toUser(id);
    await world.resetPassword.execute(world.mail.lastToken, NEXT, ELSEWHERE);

    expect(stateOf(id)).toMatchObject({
      emailVerifiedAt: world.clock.now(),
      profile: { displayName: null, phone: null },
    });
    expect(world.uow.publishedTypes.slice(-2)).toEqual(['identity.email_verified', 'identity.password_reset']);
    await expect(world.verifyEmail.execute(stranger)).rejects.toThrow(OneTimeTokenInvalid);
  });

  it('hashes nothing for a token that is of no use', async () => {
    await world.store(aUser());
    await expect(world.resetPassword.execute('unknown', NEXT, ELSEWHERE)).rejects.toThrow(OneTimeTokenInvalid);

    expect(world.hasher.hashes).toBe(0);
  });

  it('leaves the token good when the password is refused, by what is known of its owner', async () => {
    await world.store(aUser());
    const token = await tokenFor();
    await expect(world.resetPassword.execute(token, 'weak', ELSEWHERE)).rejects.toThrow(PasswordRejected);

    expect(world.policy.asked.at(-1)).toEqual({
      password: 'weak',
      own: { email: 'kim@example.com', displayName: '김민지' },
    });
    await world.resetPassword.execute(token, NEXT, ELSEWHERE);
    expect(stateOf().passwordHash).toBe(`hash of: ${NEXT}`);
  });

  it('is refused once what the link was made for has changed', async () => {
    await world.store(aUser());
    const token = await tokenFor();
    await world.uow.run(async () => {
      const user = (await world.users.findForUpdate(USER_ID))!;
      user.changePassword('another', 'session', NOW);
      await world.users.save(user);
    });

    await expect(world.resetPassword.execute(token, NEXT, ELSEWHERE)).rejects.toThrow(OneTimeTokenInvalid);
    expect(stateOf().passwordHash).toBe('another');
  });

  it('ends an undone change of address with it, and leaves the way to undo one', async () => {
    await world.store(aUser());
    await world.requestEmailChange.execute(USER_ID, 'new@example.com');
    const [confirm, undo] = world.mail.letters.map(({ token }) => token!) as [string, string];
    await world.resetPassword.execute(await tokenFor(), NEXT, ELSEWHERE);

    await expect(world.verifyEmail.execute(confirm)).rejects.toThrow(OneTimeTokenInvalid);
    await world.undoEmailChange.execute(undo);
    expect(stateOf()).toMatchObject({ email: anEmail(), securityEpoch: 3 });
  });
});
