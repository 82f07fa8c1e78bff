import { beforeEach, describe, expect, it } from '@jest/globals';

import { CLIENT, aSignedInUser, USER_ID } from '../../testing/builders.js';
import { FakePasskeyCheck } from '../../testing/fakes.js';
import { SessionWorld } from '../../testing/session-world.js';
import { PasskeyRefused } from '../domain/errors.js';
import { SignInWithPasskey } from './sign-in-with-passkey.js';

const CREDENTIAL = { id: 'Y3JlZGVudGlhbA', response: {} };

describe('Signing in with a passkey alone', () => {
  let world: SessionWorld;
  let passkeys: FakePasskeyCheck;
  let signIn: SignInWithPasskey;

  beforeEach(() => {
    world = new SessionWorld();
    passkeys = new FakePasskeyCheck(world.uow);
    signIn = new SignInWithPasskey(passkeys, world.opener, world.uow, world.clock);
  });

  it('opens a session that has both factors in it', async () => {
    const tokens = await signIn.execute(CREDENTIAL, CLIENT);

    expect(tokens).toMatchObject({ expiresIn: 900, user: aSignedInUser() });
    expect(world.session(tokens.sessionId)).toMatchObject({ userId: USER_ID, amr: ['hwk', 'user', 'mfa'], acr: '2' });
    expect(world.dataOf('session.login_succeeded')).toEqual([
      { sessionId: tokens.sessionId, amr: ['hwk', 'user', 'mfa'] },
    ]);
  });

  it('asks everybody the same', async () => {
    expect(await signIn.begin()).toEqual({ challenge: 'asked' });
  });

  it.each([
    ['passkey_unknown', null],
    ['passkey_wrong', USER_ID],
    ['passkey_challenge_invalid', USER_ID],
    ['passkey_counter_regressed', USER_ID],
    ['account_disabled', USER_ID],
  ] as const)('is refused with one answer for %s, and the trace says why', async (reason, userId) => {
    passkeys.verdict = { outcome: 'rejected', userId, reason };

    const error: unknown = await signIn.execute(CREDENTIAL, CLIENT).catch((thrown: unknown) => thrown);
    expect(error).toEqual(new PasskeyRefused());
    expect(world.uow.published).toMatchObject([{ type: 'session.login_failed', userId, data: { reason } }]);
    expect(world.sessions.sessions.all()).toEqual([]);
  });

  it('is refused when the account changed by the time the signature was checked', async () => {
    passkeys.meanwhile = () => {
      world.credentials.account = aSignedInUser({ securityEpoch: 2 });
    };

    await expect(signIn.execute(CREDENTIAL, CLIENT)).rejects.toThrow(PasskeyRefused);
    expect(world.dataOf('session.login_failed')).toEqual([{ reason: 'account_changed' }]);
    expect(world.sessions.sessions.all()).toEqual([]);
  });

  it('counts among the sessions that one may have', async () => {
    const opened: string[] = [];
    for (let count = 0; count < 6; count += 1) {
      world.clock.advance({ seconds: 1 });
      opened.push((await signIn.execute(CREDENTIAL, CLIENT)).sessionId);
    }

    expect(world.live).toEqual(opened.slice(1));
  });
});
