import { beforeEach, describe, expect, it } from '@jest/globals';

import { aSignedInUser } from '../../testing/builders.js';
import { CODE, PASSKEY } from '../../testing/fake-second-factors.js';
import { FakePasskeyCheck, readAccessToken } from '../../testing/fakes.js';
import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import { ProveFreshFactor } from './fresh-factor.js';
import { InvalidCredentials, MfaInvalid, MfaLocked, SessionRevoked } from '../domain/errors.js';
import { PasswordCheck, type PasswordCheckVerdict, type SessionOwner } from './password-check.js';
import { Reauthenticate, RenewAuthentication } from './reauthenticate.js';
import type { IssuedTokens } from './tokens.js';

const { password } = CREDENTIALS;

/** Judges as the account of the world is. */
class FakePasswordCheck extends PasswordCheck {
  meanwhile: () => void | Promise<void> = () => undefined;

  constructor(private readonly world: SessionWorld) {
    super();
  }

  async verify({ userId }: SessionOwner, given: string): Promise<PasswordCheckVerdict> {
    const { uow, credentials } = this.world;
    uow.assertIdle();
    const { account } = credentials;
    await this.meanwhile();
    if (account?.id !== userId) return { outcome: 'rejected', reason: 'account_changed' };
    if (given !== credentials.password) return { outcome: 'rejected', reason: 'wrong_password' };
    return { outcome: 'accepted', user: account };
  }
}

describe('Proving again who one is', () => {
  let world: SessionWorld;
  let check: FakePasswordCheck;
  let reauthenticate: Reauthenticate;
  let signedIn: IssuedTokens;

  beforeEach(async () => {
    world = new SessionWorld();
    check = new FakePasswordCheck(world);
    const { credentials, sessions, uow, clock, tokens } = world;
    const renewal = new RenewAuthentication(credentials, sessions, uow, clock);
    reauthenticate = new Reauthenticate(
      check,
      new ProveFreshFactor(world.secondFactors, new FakePasskeyCheck(uow)),
      renewal,
      tokens,
      clock,
    );
    signedIn = await world.signIn.execute(CREDENTIALS);
    world.clock.advance({ minutes: 20 });
  });

  const prove = (given = password, code?: string): ReturnType<Reauthenticate['execute']> =>
    reauthenticate.execute({
      userId: signedIn.user.id,
      sessionId: signedIn.sessionId,
      source: null,
      password: given,
      code,
    });

  describe('with a second factor', () => {
    beforeEach(() => {
      world.credentials.account = aSignedInUser({ mfaEnabled: true });
    });

    it('MF-09 takes both, and tells of both', async () => {
      const renewed = await prove(password, CODE);

      expect(readAccessToken(renewed.accessToken)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: '2' });
      expect(world.session(signedIn.sessionId)).toMatchObject({ acr: '2', authTime: world.clock.now() });
    });

    it('MF-09 takes a passkey alone, which is both', async () => {
      const { user, sessionId } = signedIn;
      const renewed = await reauthenticate.execute({ userId: user.id, sessionId, source: null, credential: PASSKEY });

      expect(readAccessToken(renewed.accessToken)).toMatchObject({ amr: ['hwk', 'user', 'mfa'], acr: '2' });
      const again = reauthenticate.execute({ userId: user.id, sessionId, source: null, credential: PASSKEY });
      await expect(again).rejects.toThrow(MfaInvalid);
    });

    it('MF-09 takes a passkey beside the password, but not beside a wrong one', async () => {
      const { user, sessionId } = signedIn;
      const request = { userId: user.id, sessionId, source: null, credential: PASSKEY };
      await expect(reauthenticate.execute({ ...request, password: 'wrong' })).rejects.toThrow(InvalidCredentials);
      const renewed = await reauthenticate.execute({ ...request, password });

      expect(readAccessToken(renewed.accessToken)).toMatchObject({ amr: ['pwd', 'hwk', 'user', 'mfa'], acr: '2' });
    });

    it.each([
      ['no code', undefined],
      ['a wrong one', '000000'],
      ['an empty one', ''],
    ])('MF-09 is refused for the right password and %s', async (_what, code) => {
      await expect(prove(password, code)).rejects.toThrow(MfaInvalid);

      expect(world.session(signedIn.sessionId).authTime).not.toEqual(world.clock.now());
      const { sessionId } = signedIn;
      expect(world.dataOf('session.reauthentication_failed')).toEqual([{ sessionId, reason: 'wrong_second_factor' }]);
      expect(world.secondFactors.missing).toEqual(code === undefined ? [signedIn.user.id] : []);
    });

    it('never looks at the code when the password is wrong', async () => {
      await expect(prove('wrong', CODE)).rejects.toThrow(InvalidCredentials);

      expect((await prove(password, CODE)).sessionId).toBe(signedIn.sessionId);
    });

    it('MF-04 is refused for a code that somebody used meanwhile', async () => {
      world.secondFactors.meanwhile = () => world.secondFactors.spent.add(CODE);

      await expect(prove(password, CODE)).rejects.toThrow(MfaInvalid);
    });

    it('MF-06 waits once there were too many wrong codes', async () => {
      world.secondFactors.locked = true;

      await expect(prove(password, CODE)).rejects.toThrow(MfaLocked);
    });
  });

  it('gives an access token of the same session that tells of it', async () => {
    const renewed = await prove();

    expect(renewed).toMatchObject({ sessionId: signedIn.sessionId, expiresIn: 900 });
    expect(Object.keys(renewed)).not.toContain('refreshToken');
    expect(readAccessToken(renewed.accessToken)).toMatchObject({
      sessionId: signedIn.sessionId,
      authTime: world.clock.now().toISOString(),
    });
    expect(world.dataOf('session.reauthenticated')).toEqual([{ sessionId: signedIn.sessionId }]);
  });

  it('leaves the refresh token as it is, whose next access token tells of it as well', async () => {
    await prove();
    const provenAt = world.clock.now().toISOString();
    world.clock.advance({ minutes: 2 });
    const refreshed = await world.refresh(signedIn.refreshToken);

    expect(readAccessToken(refreshed.accessToken)).toMatchObject({ authTime: provenAt });
  });

  it('is refused for a wrong password, which changes nothing and leaves a trace', async () => {
    const before = world.session(signedIn.sessionId);
    await expect(prove('incorrect')).rejects.toThrow(InvalidCredentials);

    expect(world.session(signedIn.sessionId)).toEqual(before);
    expect(world.dataOf('session.reauthentication_failed')).toEqual([
      { sessionId: signedIn.sessionId, reason: 'wrong_password' },
    ]);
    expect(world.dataOf('session.reauthenticated')).toEqual([]);
  });

  it('is refused when the account changed while the password was checked', async () => {
    check.meanwhile = () => {
      const { account } = world.credentials;
      world.credentials.account = account && { ...account, securityEpoch: account.securityEpoch + 1 };
    };
    await expect(prove()).rejects.toThrow(InvalidCredentials);

    expect(world.dataOf('session.reauthentication_failed')).toMatchObject([{ reason: 'account_changed' }]);
  });

  it('brings no session back to life that ended meanwhile', async () => {
    check.meanwhile = () => world.ends.signOut(signedIn.sessionId);
    await expect(prove()).rejects.toThrow(SessionRevoked);

    expect(world.session(signedIn.sessionId).revokeReason).toBe('logout');
    expect(world.dataOf('session.reauthenticated')).toEqual([]);
  });

  it('SE-13 is nothing that one user can do for another', async () => {
    const foreign = reauthenticate.execute({
      userId: '01938a6e-0000-7000-8000-00000000bbbb',
      sessionId: signedIn.sessionId,
      source: null,
      password,
    });
    await expect(foreign).rejects.toThrow(InvalidCredentials);
  });
});
