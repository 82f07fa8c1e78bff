import { describe, expect, it } from '@jest/globals';

import { aNewApiKey } from '../../testing/api-keys.contract.js';
import { NOW } from '../../testing/builders.js';
import { ApiKey, API_SCOPES } from './api-key.js';
import { InvalidApiKeyRequest } from './api-key-errors.js';

const days = (count: number): Date => new Date(NOW.getTime() + count * 86_400_000);

describe('An API key', () => {
  it('AK-02 lives for 90 days unless told, and for a year at most', () => {
    expect(ApiKey.create(aNewApiKey(), NOW).state.expiresAt).toEqual(days(90));
    expect(ApiKey.create(aNewApiKey({ expiresInDays: 365 }), NOW).state.expiresAt).toEqual(days(365));
  });

  it.each([0, -1, 366, 1.5, NaN, Infinity])('AK-02 is not made for %p days', (expiresInDays) => {
    expect(() => ApiKey.create(aNewApiKey({ expiresInDays }), NOW)).toThrow(InvalidApiKeyRequest);
  });

  it('AK-02 has scopes of the closed list, each once', () => {
    const { scopes } = ApiKey.create(aNewApiKey({ scopes: ['users:read', 'users:read', 'tokens:revoke'] }), NOW).state;
    expect(scopes).toEqual(['tokens:revoke', 'users:read']);
  });

  it.each([[[]], [['']], [['*']], [['users:write']], [['users:read', 'Users:Read']]])(
    'AK-02 is not made with the scopes %j',
    (scopes) => {
      expect(() => ApiKey.create(aNewApiKey({ scopes }), NOW)).toThrow(API_SCOPES.join(', '));
    },
  );

  it.each(['', '   ', 'a\nb', 'x'.repeat(101), 'a\u202eb'])('is not made with the name %j', (name) => {
    expect(() => ApiKey.create(aNewApiKey({ name }), NOW)).toThrow('name');
  });

  it('AK-06 tells of its making and of its end by its id alone', () => {
    const key = ApiKey.create(aNewApiKey(), NOW);
    expect([key.revoke(days(1)), key.revoke(days(2))]).toEqual([true, false]);

    const { id: keyId, scopes } = key.state;
    expect(key.pullEvents()).toEqual([
      {
        type: 'access.api_key_created',
        userId: null,
        occurredAt: NOW,
        data: { keyId, scopes, expiresAt: days(90).toISOString() },
      },
      { type: 'access.api_key_revoked', userId: null, occurredAt: days(1), data: { keyId } },
    ]);
    expect(key.state.revokedAt).toEqual(days(1));
  });
});
