import { describe, expect, it } from '@jest/globals';

import { AccountHistories, type AccountHistory } from './account-history.js';
import { ReadAccountHistory } from './read-account-history.js';

const REGISTERED = new Date('2026-03-01T09:00:00Z');
const VERIFIED = new Date('2026-03-01T09:05:00Z');
const LATER = new Date('2026-03-05T12:00:00Z');

class FakeHistories extends AccountHistories {
  constructor(private readonly history: AccountHistory | null) {
    super();
  }

  async of(): Promise<AccountHistory | null> {
    return this.history;
  }
}

const typesOf = async (history: AccountHistory | null): Promise<string[]> =>
  (await new ReadAccountHistory(new FakeHistories(history)).execute('id')).map(({ type }) => type);

describe('What an account has been through', () => {
  it('begins with its registration, whose password is part of it', async () => {
    const history = { createdAt: REGISTERED, emailVerifiedAt: null, passwordChangedAt: REGISTERED };

    expect(await typesOf(history)).toEqual(['identity.registered']);
    expect(await typesOf({ ...history, passwordChangedAt: VERIFIED })).toEqual(['identity.registered']);
    expect(await typesOf({ ...history, emailVerifiedAt: VERIFIED })).toEqual([
      'identity.registered',
      'identity.email_verified',
    ]);
  });

  it('tells of the last change of the password', async () => {
    const histories = new FakeHistories({
      createdAt: REGISTERED,
      emailVerifiedAt: VERIFIED,
      passwordChangedAt: LATER,
    });

    expect(await new ReadAccountHistory(histories).execute('id')).toContainEqual({
      type: 'identity.password_changed',
      at: LATER,
    });
  });

  it('is nothing for an account that is gone', async () => {
    expect(await typesOf(null)).toEqual([]);
  });
});
