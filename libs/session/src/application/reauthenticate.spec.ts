import { beforeEach, describe, expect, it } from '@jest/globals';

import { readAccessToken } from '../../testing/fakes.js';
import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import { InvalidCredentials, SessionRevoked } from '../domain/errors.js';
import { PasswordCheck, type PasswordCheckVerdict } from './password-check.js';
import { Reauthenticate, RenewAuthentication } from './reauthenticate.js';
import type { IssuedTokens } from './tokens.js';

const { password } = CREDENTIALS;

/** Judges as the account of the world is. */
class FakePasswordCheck extends PasswordCheck {
  meanwhile: () => void | Promise<void> = () => undefined;

  constructor(private readonly world: SessionWorld) {
    super();
  }

  async verify(userId: string, given: string): Promise<PasswordCheckVerdict> {
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
    reauthenticate = new Reauthenticate(check, renewal, tokens, clock);
    signedIn = await world.signIn.execute(CREDENTIALS);
    world.clock.advance({ minutes: 20 });
  });

  const prove = (given = password): ReturnType<Reauthenticate['execute']> =>
    reauthenticate.execute({ userId: signedIn.user.id, sessionId: signedIn.sessionId, password: given });

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
      password,
    });
    await expect(foreign).rejects.toThrow(InvalidCredentials);
  });
});
