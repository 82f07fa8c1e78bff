import { describe, expect, it } from '@jest/globals';

import { makeRecoveryCode, printed, readRecoveryCode, RECOVERY_CODE_BITS } from './recovery-code.js';

const random = (start: number): Uint8Array => Uint8Array.from({ length: 15 }, (_, index) => start + index * 7);

describe('MF-07 A recovery code', () => {
  it('has at least 64 random bits', () => {
    expect(RECOVERY_CODE_BITS).toBeGreaterThanOrEqual(64);
    const seen = new Set(
      Array.from({ length: 256 }, (_, byte) => makeRecoveryCode(0, new Uint8Array(15).fill(byte)).text),
    );
    // Five bits of each byte count, and each combination of them makes another code.
    expect(seen.size).toBe(32);
  });

  it('is printed in groups of characters that nobody takes for each other, and read from that', () => {
    const code = makeRecoveryCode(3, random(1));

    expect(printed(code)).toMatch(/^3[0-9A-HJKMNP-TV-Z]{3}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
    expect(readRecoveryCode(printed(code))).toEqual(code);
  });

  it.each([
    ['0KQ8-V3ZD-1T6M-XW2P', '0KQ8V3ZD1T6MXW2P'],
    ['0kq8 v3zd 1t6m xw2p', '0KQ8V3ZD1T6MXW2P'],
    [' okq8v3zdlt6mxw2p ', '0KQ8V3ZD1T6MXW2P'],
    ['OKQ8-V3ZD-IT6M-XW2P', '0KQ8V3ZD1T6MXW2P'],
  ])('typed as %j is %s', (typed, text) => {
    expect(readRecoveryCode(typed)).toEqual({ selector: '0', text });
  });

  it.each(['', '123456', '0KQ8-V3ZD-1T6M-XW2', '0KQ8-V3ZD-1T6M-XW2PP', '0KQ8-V3ZD-1T6M-XW2U', '０KQ8-V3ZD-1T6M-XW2P'])(
    'is nothing like %j',
    (typed) => {
      expect(readRecoveryCode(typed)).toBeNull();
    },
  );
});
