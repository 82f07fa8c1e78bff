import { describe, expect, it } from '@jest/globals';

import { Passkey, type Assertion, type NewPasskey } from './passkey.js';

const NOW = new Date('2026-03-01T09:00:00Z');
const LATER = new Date('2026-03-02T09:00:00Z');

const made: NewPasskey = {
  id: '01938a6e-0000-7000-8000-0000000000c1',
  userId: '01938a6e-0000-7000-8000-0000000000c2',
  credentialId: 'Y3JlZGVudGlhbA',
  publicKey: new Uint8Array([1, 2, 3]),
  name: 'Notebook',
  transports: ['internal'],
  counter: 4,
  backupEligible: false,
  backedUp: false,
};

function stored(changes: Partial<NewPasskey> = {}): Passkey {
  return Passkey.restore({ ...made, ...changes, createdAt: NOW, lastUsedAt: null });
}

function signed(changes: Partial<Assertion> = {}): Assertion {
  return { counter: 5, backupEligible: false, backedUp: false, ...changes };
}

describe('A passkey', () => {
  it('is told of when it is added and when it is removed, without anything that identifies the authenticator', () => {
    const added = { sessionId: '01938a6e-0000-7000-8000-0000000000c3', securityEpoch: null };
    const passkey = Passkey.add(made, added, NOW);
    passkey.remove(added.sessionId, LATER);

    const { id: passkeyId, userId } = made;
    expect(passkey.pullEvents()).toEqual([
      { type: 'mfa.passkey_added', userId, occurredAt: NOW, data: { passkeyId, synced: false, ...added } },
      { type: 'mfa.passkey_removed', userId, occurredAt: LATER, data: { passkeyId, sessionId: added.sessionId } },
    ]);
  });

  it('remembers its use, and where its key is kept by now', () => {
    const passkey = stored({ backupEligible: true });
    expect(passkey.use(signed({ backupEligible: true, backedUp: true }), LATER)).toBe('accepted');

    expect(passkey.state).toMatchObject({ counter: 5, backedUp: true, lastUsedAt: LATER });
    expect(passkey.pullEvents()).toEqual([]);
  });

  it.each([
    [0, 0, 'accepted'],
    [0, 1, 'accepted'],
    [4, 5, 'accepted'],
    [4, 4, 'counter_regressed'],
    [4, 3, 'counter_regressed'],
    [4, 0, 'counter_regressed'],
  ])('with the counter at %i takes a signature counted %i as %s', (before, now, verdict) => {
    const passkey = stored({ counter: before });
    expect(passkey.use(signed({ counter: now }), LATER)).toBe(verdict);

    const isRefused = verdict !== 'accepted';
    expect(passkey.state.counter).toBe(isRefused ? before : now);
    expect(passkey.state.lastUsedAt).toEqual(isRefused ? null : LATER);
    const told = passkey.pullEvents();
    expect(told.map(({ type, data }) => ({ type, data }))).toEqual(
      isRefused
        ? [
            {
              type: 'mfa.passkey_counter_regressed',
              data: { passkeyId: made.id, stored: before, presented: now },
            },
          ]
        : [],
    );
  });

  it('is not another one that can be copied while it could not', () => {
    const passkey = stored();
    expect(passkey.use(signed({ backupEligible: true }), LATER)).toBe('other_authenticator');

    expect(passkey.state).toMatchObject({ counter: 4, lastUsedAt: null });
  });
});
