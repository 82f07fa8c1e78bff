import { beforeEach, describe, expect, it } from '@jest/globals';

import { aSignedInUser, USER_ID } from '../../testing/builders.js';
import { CODE } from '../../testing/fake-second-factors.js';
import { readAccessToken } from '../../testing/fakes.js';
import { CREDENTIALS, SessionWorld } from '../../testing/session-world.js';
import { InvalidCredentials, MfaInvalid, MfaLocked, MfaTokenExpired } from '../domain/errors.js';
import { CompleteSignIn, type SecondStep } from './complete-sign-in.js';
import type { SecondFactorDue } from './second-factor.js';
import type { IssuedTokens } from './tokens.js';

const { userAgent, deviceName } = CREDENTIALS;

describe('Signing in with a second factor', () => {
  let world: SessionWorld;
  let second: CompleteSignIn;
  let due: SecondFactorDue;

  const begin = async (): Promise<SecondFactorDue> =>
    (await world.passwordSignIn.execute(CREDENTIALS)) as SecondFactorDue;
  const finish = (changes: Partial<SecondStep> = {}): Promise<IssuedTokens> => {
    const proof = { method: 'totp', code: CODE } as const;
    const client = { ip: '198.51.100.7', userAgent, deviceToken: null, rememberDevice: false };
    return second.execute({ mfaToken: due.mfaToken, proof, ...client, ...changes });
  };
  const wrong = { proof: { method: 'totp', code: '000000' } } as const;

  beforeEach(async () => {
    world = new SessionWorld();
    world.credentials.account = aSignedInUser({ mfaEnabled: true });
    const { credentials, secondFactors, opener, uow, clock } = world;
    second = new CompleteSignIn(credentials, secondFactors, opener, uow, clock);
    due = await begin();
  });

  it('MF-03 opens nothing for the password alone', () => {
    expect(due).toMatchObject({ expiresIn: 300, methods: ['totp', 'recovery_code'] });
    expect(world.live).toEqual([]);
    expect(world.uow.publishedTypes).not.toContain('session.login_succeeded');
  });

  it('opens the session that was asked for at the first step, with both factors in its tokens', async () => {
    const tokens = await finish();

    expect(world.live).toEqual([tokens.sessionId]);
    expect(readAccessToken(tokens.accessToken)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: '2' });
    expect(world.sessions.sessions.get(tokens.sessionId)).toMatchObject({ userAgent, acr: '2' });
    expect(deviceName).not.toBeNull();
  });

  it('MF-03 opens one session for one challenge', async () => {
    await finish();

    await expect(finish()).rejects.toThrow(MfaTokenExpired);
    expect(world.live).toHaveLength(1);
  });

  it('keeps the challenge for another try after a wrong code', async () => {
    await expect(finish(wrong)).rejects.toThrow(MfaInvalid);

    expect((await finish()).sessionId).toBe(world.live[0]);
  });

  it('MF-04 opens nothing with a code that somebody used meanwhile, and keeps the challenge', async () => {
    world.secondFactors.meanwhile = () => world.secondFactors.spent.add(CODE);

    await expect(finish()).rejects.toThrow(MfaInvalid);
    expect(world.live).toEqual([]);
  });

  it('leaves the code unused when somebody met the challenge meanwhile', async () => {
    const { secondFactors } = world;
    const spend = new Set<string>();
    secondFactors.close = async () => false;

    await expect(finish()).rejects.toThrow(MfaTokenExpired);
    expect([...spend]).toEqual([]);
    expect(world.live).toEqual([]);
    expect(world.uow.publishedTypes).not.toContain('session.login_succeeded');
  });

  it('MF-06 says how long to wait once there were too many wrong codes', async () => {
    world.secondFactors.locked = true;

    await expect(finish()).rejects.toMatchObject({ code: 'mfa_throttled', retryAfterSeconds: 600 });
    await expect(finish()).rejects.toThrow(MfaLocked);
  });

  it.each([
    ['another device', { userAgent: 'curl/8' }],
    ['an unknown token', { mfaToken: 'usm_nothing' }],
  ])('MF-03 knows nothing of %s', async (_what, changes) => {
    await expect(finish(changes)).rejects.toThrow(MfaTokenExpired);
  });

  it('begins anew when the account changed between the steps, or during the second one', async () => {
    world.credentials.account = aSignedInUser({ mfaEnabled: true, securityEpoch: 2 });
    await expect(finish()).rejects.toThrow(MfaTokenExpired);

    due = await begin();
    world.secondFactors.meanwhile = () => {
      world.credentials.account = null;
    };
    await expect(finish()).rejects.toThrow(MfaTokenExpired);
    expect(world.live).toEqual([]);
    expect(world.dataOf('session.login_failed')).toEqual([
      { reason: 'account_changed' },
      { reason: 'account_changed' },
    ]);
  });

  it('lets nobody in by the password alone whose factor has just gone', async () => {
    world.secondFactors.exists = false;

    await expect(begin()).rejects.toThrow(InvalidCredentials);
    expect(world.live).toEqual([]);
  });

  describe('where a device may be trusted', () => {
    const deviceToken = 'usd_of_this_device';
    const again = async (changes: object = {}): Promise<object> =>
      world.passwordSignIn.execute({ ...CREDENTIALS, deviceToken, ...changes });

    it('asks no more on the one where that was wished, and says that only the password was proven', async () => {
      const { userId, securityEpoch } = { userId: USER_ID, securityEpoch: 1 };
      world.secondFactors.trusted.set(JSON.stringify({ userId, securityEpoch, deviceToken }), null);

      const opened = (await again()) as IssuedTokens;
      expect(world.session(opened.sessionId)).toMatchObject({ amr: ['pwd'], acr: '1' });
      expect(await again({ deviceToken: 'usd_of_another' })).toHaveProperty('mfaToken');
      expect(await again({ deviceToken: null })).toHaveProperty('mfaToken');
      world.credentials.account = aSignedInUser({ mfaEnabled: true, securityEpoch: 2 });
      expect(await again()).toHaveProperty('mfaToken');
    });

    it('trusts it only if that was wished', async () => {
      await finish();
      expect(world.secondFactors.trusted.size).toBe(0);
      world.secondFactors.spent.clear();
      due = await begin();
      await finish({ rememberDevice: true });

      expect(world.secondFactors.trusted.size).toBe(1);
    });

    it('opens nothing when that wish cannot be kept', async () => {
      world.secondFactors.trust = async () => Promise.reject(new Error('down'));

      await expect(finish({ rememberDevice: true })).rejects.toThrow('down');
      expect(world.live).toEqual([]);
      expect(world.uow.publishedTypes).not.toContain('session.login_succeeded');
    });
  });
});
