import { beforeEach, describe, expect, it } from '@jest/globals';

import { aCredential, type Told } from '../../testing/fake-web-authn.js';
import { OTHER, PasskeyWorld, SESSION, USER } from '../../testing/passkey-world.js';
import { PasskeyNotRegistered, PasskeyTaken, TooManyPasskeys } from '../domain/passkey-errors.js';
import { MOST_PASSKEYS } from '../domain/passkey.js';
import type { AddedPasskey } from './add-passkey.js';
import type { FactorClaim } from './ports.js';
import type { CeremonyOptions } from './web-authn.js';

const OWNER = { userId: USER, sessionId: SESSION };

let world: PasskeyWorld;

beforeEach(() => {
  world = new PasskeyWorld();
});

const challengeIn = (options: CeremonyOptions): string => String(options['challenge']);

async function add(id: string, told: Told = {}, userId = USER, sessionId = SESSION): Promise<AddedPasskey> {
  const challenge = challengeIn(await world.begin.registration(userId, sessionId));
  const credential = aCredential(id, { challenge, ...told });
  return world.addPasskey.execute({ userId, sessionId, credential, name: 'Phone' }, world.clock.now());
}

describe('A new passkey', () => {
  it('is asked for with the name of its owner and the passkeys that are there', async () => {
    await add('one');

    expect(await world.begin.registration(USER, SESSION)).toMatchObject({
      userId: USER,
      userName: 'f1@example.com',
      existing: [{ credentialId: 'one', transports: ['internal'] }],
    });
  });

  it('that is the first factor brings recovery codes and raises the epoch; the next one brings nothing', async () => {
    const first = await add('one');
    const second = await add('two');

    expect(first.recoveryCodes).toHaveLength(10);
    expect(second.recoveryCodes).toBeNull();
    expect(world.recoveryCodes.stored).toEqual(new Map([[USER, 10]]));
    expect(world.uow.published.map(({ data }) => data)).toEqual([
      { passkeyId: first.passkey.id, synced: false, sessionId: SESSION, securityEpoch: 2 },
      { passkeyId: second.passkey.id, synced: false, sessionId: SESSION, securityEpoch: null },
    ]);
    expect(world.notices.sent).toEqual(Array(2).fill({ notice: 'mfa_passkey_added', userId: USER, name: 'Phone' }));
  });

  it.each([
    ['another challenge', { challenge: 'something else' }],
    ['no challenge at all', { challenge: undefined }],
    ['a forged answer', { isForged: true }],
  ] as [string, Told][])('is refused with %s', async (_what, told) => {
    await expect(add('one', told)).rejects.toThrow(PasskeyNotRegistered);
    expect(world.uow.published).toEqual([]);
  });

  it('is refused in a session or for a user that did not ask, and the challenge is not theirs to spend', async () => {
    const now = world.clock.now();
    const challenge = challengeIn(await world.begin.registration(USER, SESSION));
    const credential = aCredential('one', { challenge });
    const mine = { userId: USER, sessionId: SESSION, credential, name: null };

    await expect(world.addPasskey.execute({ ...mine, userId: OTHER }, now)).rejects.toThrow(PasskeyNotRegistered);
    await expect(world.addPasskey.execute({ ...mine, sessionId: OTHER }, now)).rejects.toThrow(PasskeyNotRegistered);
    expect((await world.addPasskey.execute(mine, now)).passkey.name).toBeNull();
    await expect(world.addPasskey.execute(mine, now)).rejects.toThrow(PasskeyNotRegistered);
  });

  it('is refused once its options are five minutes old', async () => {
    const challenge = challengeIn(await world.begin.registration(USER, SESSION));
    world.clock.advance({ minutes: 5 });
    const request = { userId: USER, sessionId: SESSION, credential: aCredential('one', { challenge }), name: null };

    await expect(world.addPasskey.execute(request, world.clock.now())).rejects.toThrow(PasskeyNotRegistered);
  });

  it('that somebody has is not given to another, who stays without a factor', async () => {
    await add('one');

    await expect(add('one', {}, OTHER)).rejects.toThrow(PasskeyTaken);
    expect(world.uow.publishedTypes).toEqual(['mfa.passkey_added']);
  });

  it(`is one of ${String(MOST_PASSKEYS)} at most`, async () => {
    for (let count = 0; count < MOST_PASSKEYS; count += 1) await add(String(count));

    await expect(add('one more')).rejects.toThrow(TooManyPasskeys);
  });
});

describe('Giving up a passkey', () => {
  it('tells its owner, and the last one ends the second factor', async () => {
    const [one, two] = [await add('one'), await add('two')];
    expect(await world.removePasskey.execute(OWNER, one.passkey.id)).toBe(true);
    expect(world.holders.due.has(USER)).toBe(true);
    expect(await world.removePasskey.execute(OWNER, two.passkey.id)).toBe(true);

    expect(world.holders.due.has(USER)).toBe(false);
    expect(world.uow.publishedTypes.slice(2)).toEqual(['mfa.passkey_removed', 'mfa.passkey_removed']);
    expect(world.notices.sent.slice(2).map(({ notice }) => notice)).toEqual(Array(2).fill('mfa_passkey_removed'));
  });

  it('is for its owner', async () => {
    const { passkey } = await add('one');

    expect(await world.removePasskey.execute({ ...OWNER, userId: OTHER }, passkey.id)).toBe(false);
    expect(await world.passkeys.listOf(USER)).toHaveLength(1);
  });
});

describe('A passkey as the only step', () => {
  const signIn = async (id: string, told: Told = {}) => {
    const challenge = challengeIn(await world.api.signInOptions());
    return world.api.signIn(aCredential(id, { challenge, ...told }));
  };

  it('proves two factors, and says where the key is kept', async () => {
    await add('one');
    await add('two', { backupEligible: true });

    expect(await signIn('one')).toEqual({ outcome: 'proven', userId: USER, amr: ['hwk', 'user', 'mfa'] });
    expect(await signIn('two', { backupEligible: true })).toMatchObject({ amr: ['swk', 'user', 'mfa'] });
    expect(world.metrics.proofs).toEqual(['passkey succeeded', 'passkey succeeded']);
  });

  it('is asked for without a name', async () => {
    await add('one');

    expect(await world.api.signInOptions()).toEqual({ challenge: expect.any(String), allowed: [] });
  });

  it('is refused for reasons that the trace can tell apart', async () => {
    await add('one', { counter: 4 });
    const refused = (userId: string | null, reason: string) => ({ outcome: 'refused', userId, reason });

    expect(await signIn('nobody')).toEqual(refused(null, 'unknown'));
    expect(await signIn('one', { counter: 5, isForged: true })).toEqual(refused(USER, 'signature'));
    expect(await signIn('one', { counter: 5, backupEligible: true })).toEqual(refused(USER, 'signature'));
    expect(await signIn('one', { counter: 5, challenge: 'old' })).toEqual(refused(USER, 'challenge'));
    expect(await signIn('one', { counter: 4 })).toEqual(refused(USER, 'counter_regressed'));
  });

  it('is counted when it is refused, as other factors are', async () => {
    await add('one', { counter: 4 });
    await signIn('nobody');
    await signIn('one', { counter: 5, isForged: true });
    await signIn('one', { counter: 5, challenge: 'old' });
    await signIn('one', { counter: 4 });

    expect(world.metrics.proofs).toEqual([
      'passkey no_such_factor',
      'passkey wrong_code',
      'passkey used_code',
      'passkey used_code',
    ]);
  });

  it('works once for a challenge, even when twenty come at the same time', async () => {
    await add('one');
    const credential = aCredential('one', { challenge: challengeIn(await world.api.signInOptions()) });
    const proofs = await Promise.all(Array.from({ length: 20 }, () => world.api.signIn(credential)));

    expect(proofs.filter(({ outcome }) => outcome === 'proven')).toHaveLength(1);
  });

  it('tells of a copy once an hour', async () => {
    await add('one', { counter: 4 });
    const alarms = (): unknown[] => world.notices.sent.filter(({ notice }) => notice === 'mfa_passkey_copied');
    for (let turn = 0; turn < 3; turn += 1) await signIn('one', { counter: 2 });
    expect(alarms()).toHaveLength(1);
    world.clock.advance({ hours: 1 });
    await signIn('one', { counter: 2 });

    expect(alarms()).toHaveLength(2);
    expect(world.uow.publishedTypes.filter((type) => type === 'mfa.passkey_counter_regressed')).toHaveLength(4);
  });
});

describe('A passkey as the second factor', () => {
  const CHALLENGE = '01938a6e-0000-7000-8000-0000000000f4';
  const inSignIn = { userId: USER, purpose: 'sign_in', bond: CHALLENGE } as const;
  const inSession = { userId: USER, purpose: 'step_up', bond: SESSION } as const;
  type Place = Pick<FactorClaim, 'userId' | 'purpose' | 'bond'>;
  const ask = async (place: Place): Promise<string> => challengeIn(await world.api.proofOptions(place));
  const prove = async (credential: unknown, place: Place = inSignIn) => {
    const proof = { method: 'passkey', credential } as const;
    const verdict = await world.method.verify({ ...place, proof, now: world.clock.now() });
    if (verdict.outcome === 'refused') return verdict.reason;
    return (await world.uow.run(() => verdict.accept())) ? verdict.amr : 'not accepted';
  };

  it.each([inSignIn, inSession])('is accepted once for what it was asked for: $purpose', async (place) => {
    await add('one');
    const credential = aCredential('one', { challenge: await ask(place) });

    expect(await prove(credential, place)).toEqual(['hwk', 'user']);
    expect(await prove(credential, place)).toBe('not accepted');
  });

  it('is asked for by name', async () => {
    await add('one');
    await add('two', {}, OTHER);

    const options = await world.api.proofOptions(inSession);
    expect(options['allowed']).toEqual([{ credentialId: 'one', transports: ['internal'] }]);
  });

  it('is not that of another user, and no answer to another question', async () => {
    await add('one');
    await add('two', {}, OTHER);

    expect(await prove(aCredential('two', { challenge: await ask(inSignIn) }))).toBe('no_such_factor');
    const others = [
      await ask(inSession),
      await ask({ ...inSession, bond: CHALLENGE }),
      await ask({ ...inSignIn, bond: SESSION }),
      await ask({ ...inSignIn, userId: OTHER }),
      challengeIn(await world.api.signInOptions()),
    ];
    for (const challenge of others) expect(await prove(aCredential('one', { challenge }))).toBe('not accepted');
    expect(await prove(aCredential('one', { challenge: await ask(inSignIn), isForged: true }))).toBe('wrong_code');
  });

  it.each([undefined, null, 'text', {}, { id: 7, response: {} }, { id: 'one' }])('is nothing like %j', async (what) => {
    expect(await prove(what)).toBe('wrong_code');
  });
});
