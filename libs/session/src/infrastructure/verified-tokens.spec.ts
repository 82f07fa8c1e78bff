import { describe, expect, it } from '@jest/globals';

import type { VerifiedToken } from '../application/ports.js';
import { VerifiedTokens } from './verified-tokens.js';

const verified = (tokenId: string): VerifiedToken => ({
  userId: 'u',
  sessionId: 's',
  tokenId,
  roles: [],
  amr: [],
  acr: '1',
  authTime: 1,
  issuedAt: 1,
  expiresAt: 2,
});

function remembering(most: number, tokens: readonly string[]): VerifiedTokens {
  const cache = new VerifiedTokens(most);
  for (const token of tokens) cache.add(token, verified(token));
  return cache;
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => `token-${at}`);

describe('The tokens that were found good', () => {
  it('are found by the whole token, each with what it said', () => {
    const cache = remembering(10, ['a.b.c', 'a.b.d']);

    expect(cache.find('a.b.c')).toEqual(verified('a.b.c'));
    expect(cache.find('a.b.d')).toEqual(verified('a.b.d'));
    expect(cache.find('a.b.')).toBeUndefined();
    expect(cache.find('')).toBeUndefined();
  });

  it('are never more than the bound, whatever comes', () => {
    const cache = remembering(10, []);
    for (const token of numbered(1_000)) {
      cache.add(token, verified(token));
      expect(cache.size).toBeLessThanOrEqual(10);
    }
    expect(cache.find('token-999')).toBeDefined();
    expect(cache.find('token-0')).toBeUndefined();
  });

  it('stay while they are asked for, however many others pass', () => {
    const cache = remembering(10, ['mine']);
    for (const token of numbered(1_000)) {
      cache.add(token, verified(token));
      expect(cache.find('mine')).toBeDefined();
    }
  });

  it('can be forgotten, young or old', () => {
    const cache = remembering(4, ['old', 'older', 'young']);
    cache.delete('old');
    cache.delete('young');

    expect([cache.find('old'), cache.find('young')]).toEqual([undefined, undefined]);
    expect(cache.find('older')).toBeDefined();
  });
});
