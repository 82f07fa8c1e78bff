import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { guessable, guessableKey } from './guessable.js';

describe('DP-04: guessable', () => {
  it.each([
    ['x'.repeat(64), 'has too few different characters'],
    ['ab12'.repeat(16), 'has too few different characters'],
    ['0123456789abcdef'.repeat(4), 'is a sequence'],
    ['abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/', 'is a sequence'],
    ['Tr0ub4dor&3-horse'.repeat(4), 'repeats itself'],
    [`${'k8Jq'.repeat(4)}-your-Super-SECRET-jwt-key`, 'is a sample value'],
    ['CHANGE-ME-6f1d9b0c7e2a4835', 'is a sample value'],
    ['<at least 64 random characters>', 'is a sample value'],
  ])('refuses %j', (secret, reason) => {
    expect(guessable(secret)).toBe(reason);
  });

  it('accepts random secrets in the usual alphabets', () => {
    for (let round = 0; round < 200; round += 1) {
      const bytes = randomBytes(64);
      for (const secret of [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')]) {
        expect(guessable(secret)).toBeUndefined();
      }
      expect(guessable(bytes.toString('hex').slice(0, 64))).toBeUndefined();
      expect(guessableKey(randomBytes(32))).toBeUndefined();
    }
  });

  it('refuses keys that are constant, counted or text of a sample', () => {
    expect(guessableKey(Buffer.alloc(32))).toBe('has too few different characters');
    expect(guessableKey(Buffer.from(Array.from({ length: 32 }, (_, index) => index)))).toBe('is a sequence');
    expect(guessableKey(Buffer.from('change-me to 32 random bytes!!!!'))).toBe('is a sample value');
  });
});
