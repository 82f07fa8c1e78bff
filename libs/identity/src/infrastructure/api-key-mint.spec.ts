import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { RandomApiKeyMint } from './api-key-mint.random.js';
import { readApiKey } from './api-key-text.js';

const { key, prefix, secretHash } = new RandomApiKeyMint().mint();

describe('A minted API key', () => {
  it('AK-01 is a public prefix and 256 random bits, of which only the SHA-256 is kept', () => {
    const read = readApiKey(key)!;
    expect(key).toBe(`usk_${prefix}_${read.secret}`);
    expect(Buffer.from(read.secret, 'base64url')).toHaveLength(32);
    expect(Buffer.from(secretHash)).toEqual(createHash('sha256').update(read.secret).digest());
  });

  it('never comes twice', () => {
    const keys = Array.from({ length: 200 }, () => new RandomApiKeyMint().mint());
    expect(new Set(keys.map((each) => each.key)).size).toBe(200);
    expect(new Set(keys.map((each) => each.prefix)).size).toBe(200);
  });

  it.each([
    '',
    'usk_',
    key.slice(0, -1),
    `${key}A`,
    ` ${key}`,
    key.toUpperCase(),
    `${key}, ${key}`,
    `usr_${key.slice(4)}`,
  ])('is not read from %j', (sent) => {
    expect(readApiKey(sent)).toBeUndefined();
  });
});
