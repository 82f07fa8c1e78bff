import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { aUserState, USER_ID } from '../../../testing/builders.js';
import type { StoredAccount } from '../../application/ports.js';
import { AccountCache } from './account-cache.js';

function anAccount(version: number): StoredAccount {
  const { id, email, profile, roles, mfaEnabled, status, createdAt, updatedAt } = aUserState();
  const shown = { id, email: email.value, emailVerified: true, ...profile, roles, mfaEnabled, status };
  return { profile: { ...shown, createdAt, updatedAt, version }, securityEpoch: 1 };
}

describe('Accounts that a process remembers', () => {
  let cache: AccountCache;
  const versionFor = (atLeast: number): number | undefined => cache.get(USER_ID, atLeast)?.profile.version;

  beforeEach(() => {
    jest.useFakeTimers();
    cache = new AccountCache();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('are given to whoever wants that version or an older one', () => {
    cache.keep(USER_ID, anAccount(3));

    expect([2, 3, 4].map(versionFor)).toEqual([3, 3, undefined]);
  });

  it('are forgotten after a minute', () => {
    cache.keep(USER_ID, anAccount(3));
    jest.advanceTimersByTime(59_999);
    expect(versionFor(3)).toBe(3);

    jest.advanceTimersByTime(1);
    expect(versionFor(3)).toBeUndefined();
  });

  it('give way to a newer version, and not to an older one that was read before it', () => {
    cache.keep(USER_ID, anAccount(3));
    cache.keep(USER_ID, anAccount(5));
    cache.keep(USER_ID, anAccount(4));

    expect(versionFor(1)).toBe(5);
  });

  it('count no longer once the account has changed, even for whoever wants no more', () => {
    cache.keep(USER_ID, anAccount(3));
    cache.changed(USER_ID, 4);

    expect(versionFor(1)).toBeUndefined();
    // It was read before the change and arrives after it.
    cache.keep(USER_ID, anAccount(3));
    expect(versionFor(1)).toBeUndefined();
    cache.keep(USER_ID, anAccount(4));
    expect(versionFor(4)).toBe(4);
  });

  it('are bounded in number; whoever was remembered first goes first', () => {
    for (let n = 0; n <= 10_000; n += 1) cache.keep(`user ${String(n)}`, anAccount(1));

    expect(cache.get('user 0', 1)).toBeNull();
    expect(cache.get('user 1', 1)).not.toBeNull();
    expect(cache.get('user 10000', 1)).not.toBeNull();
  });
});
