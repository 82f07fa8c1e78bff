import { randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { codeAt, SpeakeasyTotpCodes } from './totp-codes.speakeasy.js';

const SECRET = Buffer.from('12345678901234567890');

describe('The codes of an app', () => {
  // RFC 6238, appendix B, SHA-1; its eight digits end in these six.
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('are those of RFC 6238 at %i s', (seconds, code) => {
    expect(codeAt(SECRET, Math.floor(seconds / 30))).toBe(code);
  });

  it('are those of RFC 4226, appendix D, for the first ten counts', () => {
    const counts = Array.from({ length: 10 }, (_, count) => codeAt(SECRET, count));

    expect(counts.join(' ')).toBe('755224 287082 359152 969429 338314 254676 287922 162583 399871 520489');
  });

  it('match themselves and nothing else', () => {
    const codes = new SpeakeasyTotpCodes();
    for (let round = 0; round < 100; round += 1) {
      const secret = randomBytes(20);
      const code = codeAt(secret, round);
      expect(code).toMatch(/^\d{6}$/);
      expect(codes.matches(secret, round, code)).toBe(true);
      expect(
        codes.matches(
          secret,
          round,
          code.replace(/.$/, (digit) => String((Number(digit) + 1) % 10)),
        ),
      ).toBe(false);
      for (const other of ['', code.slice(1), `${code}0`]) expect(codes.matches(secret, round, other)).toBe(false);
    }
  });
});
