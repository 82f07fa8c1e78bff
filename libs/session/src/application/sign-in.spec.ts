import { beforeEach, describe, expect, it } from '@jest/globals';

import { aSignedInUser, USER_ID } from '../../testing/builders.js';
import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import { EmailUnverified, InvalidCredentials } from '../domain/errors.js';

describe('Signing in', () => {
  let world: SessionWorld;

  beforeEach(() => {
    world = new SessionWorld();
  });

  it('opens a session and answers with its tokens and its user', async () => {
    const tokens = await world.signIn.execute(CREDENTIALS);

    expect(tokens).toMatchObject({ expiresIn: 900, refreshExpiresIn: 2_592_000, user: aSignedInUser() });
    expect(world.session(tokens.sessionId)).toMatchObject({ userId: USER_ID, epoch: 1, amr: ['pwd'], acr: '1' });
    expect(world.uow.published).toMatchObject([
      { type: 'session.login_succeeded', userId: USER_ID, data: { sessionId: tokens.sessionId, amr: ['pwd'] } },
    ]);
  });

  it('LG-09 opens a session of its own each time', async () => {
    const first = await world.signIn.execute(CREDENTIALS);
    const second = await world.signIn.execute(CREDENTIALS);

    expect(second.sessionId).not.toBe(first.sessionId);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await world.access(first.sessionId)).toMatchObject({ state: 'live' });
  });

  it.each([
    ['a wrong password', { ...CREDENTIALS, password: 'wrong' }, USER_ID, 'wrong_password'],
    ['an unknown address', { ...CREDENTIALS, email: 'lee@example.com' }, null, 'unknown_address'],
  ])('is refused for %s, and the refusal is on record', async (_what, request, userId, reason) => {
    await expect(world.signIn.execute(request)).rejects.toThrow(InvalidCredentials);

    expect(world.uow.published).toMatchObject([{ type: 'session.login_failed', userId, data: { reason } }]);
    expect(world.sessions.sessions.all()).toEqual([]);
    expect(world.refreshTokens.unspent).toEqual([]);
  });

  it('is refused for a disabled account like for a wrong password', async () => {
    world.credentials.verdict = { outcome: 'rejected', userId: USER_ID, reason: 'account_disabled' };

    await expect(world.signIn.execute(CREDENTIALS)).rejects.toThrow(InvalidCredentials);
    expect(world.dataOf('session.login_failed')).toEqual([{ reason: 'account_disabled' }]);
  });

  it('LG-01 is refused with the same error whatever was wrong', async () => {
    const refusal = async (request: typeof CREDENTIALS): Promise<unknown> => {
      const error: unknown = await world.signIn.execute(request).catch((thrown: unknown) => thrown);
      const { name, message, code, kind } = error as InvalidCredentials;
      return { name, message, code, kind };
    };
    const wrong = await refusal({ ...CREDENTIALS, password: 'wrong' });
    const unknown = await refusal({ ...CREDENTIALS, email: 'lee@example.com' });
    world.credentials.verdict = { outcome: 'rejected', userId: USER_ID, reason: 'account_disabled' };
    const disabled = await refusal(CREDENTIALS);

    expect(wrong).toEqual({
      name: 'InvalidCredentials',
      message: 'The credentials are not valid',
      code: 'invalid_credentials',
      kind: 'unauthenticated',
    });
    expect([unknown, disabled]).toEqual([wrong, wrong]);
  });

  it('ID-09 is refused for an unproven address with a reason of its own, once the password was right', async () => {
    world.credentials.verdict = { outcome: 'unverified', userId: USER_ID };

    await expect(world.signIn.execute(CREDENTIALS)).rejects.toThrow(EmailUnverified);
    expect(world.uow.published).toMatchObject([
      { type: 'session.login_failed', userId: USER_ID, data: { reason: 'email_unverified' } },
    ]);
  });

  it.each([
    ['of another epoch', aSignedInUser({ securityEpoch: 2 })],
    ['gone or disabled', null],
  ])('is refused when the account is %s by the time the password was checked', async (_how, account) => {
    world.credentials.meanwhile = () => {
      world.credentials.account = account;
    };

    await expect(world.signIn.execute(CREDENTIALS)).rejects.toThrow(InvalidCredentials);
    expect(world.sessions.sessions.all()).toEqual([]);
    expect(world.uow.published).toMatchObject([
      { type: 'session.login_failed', userId: USER_ID, data: { reason: 'account_changed' } },
    ]);
  });

  it('LG-11 records one event for each attempt', async () => {
    const requests = Array.from({ length: 10 }, (_each, index) =>
      index % 2 === 0 ? CREDENTIALS : { ...CREDENTIALS, password: 'wrong' },
    );
    await Promise.allSettled(requests.map((request) => world.signIn.execute(request)));

    expect(world.dataOf('session.login_succeeded')).toHaveLength(5);
    expect(world.dataOf('session.login_failed')).toHaveLength(5);
  });

  it('keeps address and password out of what it records and throws', async () => {
    const secret = { ...CREDENTIALS, email: 'canary@example.com', password: 'canary-password' };
    const error: unknown = await world.signIn.execute(secret).catch((thrown: unknown) => thrown);

    expect(JSON.stringify([world.uow.published, String(error)])).not.toContain('canary');
  });

  it('leaves neither session nor event when the refresh token cannot be stored', async () => {
    world.refreshTokens.add = async () => {
      throw new Error('disk full');
    };

    await expect(world.signIn.execute(CREDENTIALS)).rejects.toThrow('disk full');
    expect(world.sessions.sessions.all()).toEqual([]);
    expect(world.uow.published).toEqual([]);
  });

  it('passes on that the check of the password could not be made', async () => {
    world.credentials.verify = async () => {
      throw new Error('overloaded');
    };

    await expect(world.signIn.execute(CREDENTIALS)).rejects.toThrow('overloaded');
    expect(world.uow.published).toEqual([]);
  });
});
