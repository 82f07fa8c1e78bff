import { describe, expect, it } from '@jest/globals';

import { base32, judgeCode, otpauthUrl, type CodeVerdict } from './totp.js';

// The first second of step 1000.
const STEP = 1_000;
const NOW = new Date(STEP * 30_000);
const codeOf = (step: number): string => String(step).padStart(6, '0');
const judge = (code: string, lastStep: number | null = null, now = NOW): CodeVerdict =>
  judgeCode(code, lastStep, now, (step, given) => given === codeOf(step));

describe('MF-05 A code of an authenticator app', () => {
  it.each([
    [-2, { outcome: 'wrong' }],
    [-1, { outcome: 'right', step: STEP - 1 }],
    [0, { outcome: 'right', step: STEP }],
    [1, { outcome: 'right', step: STEP + 1 }],
    [2, { outcome: 'wrong' }],
  ])('of %i steps from now is judged so', (offset, verdict) => {
    expect(judge(codeOf(STEP + offset))).toEqual(verdict);
    expect(judge(codeOf(STEP + offset), null, new Date(NOW.getTime() + 29_999))).toEqual(verdict);
  });

  it('may be typed with a blank in the middle', () => {
    expect(judge('001 000')).toEqual({ outcome: 'right', step: STEP });
  });

  it.each(['', '1000', '0001000', '００１０００', '-01000', '1e3', '001000\n', 'x01000', '001,000'])(
    'is wrong in the form %j',
    (code) => {
      expect(judge(code)).toEqual({ outcome: 'wrong' });
    },
  );
});

describe('MF-04 A step of time', () => {
  it.each([
    [STEP - 2, STEP - 1, 'right'],
    [STEP - 1, STEP - 1, 'used'],
    [STEP, STEP - 1, 'used'],
    [STEP, STEP, 'used'],
    [STEP, STEP + 1, 'right'],
    [STEP + 1, STEP + 1, 'used'],
    [STEP + 1, STEP, 'used'],
  ])('after step %i was accepted, the code of step %i is %s', (last, step, outcome) => {
    expect(judge(codeOf(step), last).outcome).toBe(outcome);
  });

  it('is the first one that is left, where two in a row have the same code', () => {
    const same = (): boolean => true;

    expect(judgeCode('111111', null, NOW, same)).toEqual({ outcome: 'right', step: STEP - 1 });
    expect(judgeCode('111111', STEP, NOW, same)).toEqual({ outcome: 'right', step: STEP + 1 });
    expect(judgeCode('111111', STEP + 1, NOW, same)).toEqual({ outcome: 'used' });
  });

  it('is compared with all three codes, so that the time tells nothing', () => {
    const asked: number[] = [];
    judgeCode('001000', null, NOW, (step) => {
      asked.push(step);
      return step === STEP - 1;
    });

    expect(asked).toEqual([STEP - 1, STEP, STEP + 1]);
  });
});

describe('MF-01 What an app is told', () => {
  // RFC 4648 §10, without the padding.
  it.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ])('is base32 of bytes: %j is %j', (text, encoded) => {
    expect(base32(Buffer.from(text))).toBe(encoded);
  });

  it('has 32 characters for 160 bits, whatever they are', () => {
    for (const byte of [0x00, 0xff, 0xa5]) expect(base32(Buffer.alloc(20, byte))).toMatch(/^[A-Z2-7]{32}$/);
  });

  it('keeps issuer and account apart, whatever is in them', () => {
    const url = otpauthUrl('Tea & Co: "日本"?', 'kim+a:b@example.com', 'ABC');

    expect(url).toBe(
      'otpauth://totp/Tea%20%26%20Co%3A%20%22%E6%97%A5%E6%9C%AC%22%3F:kim%2Ba%3Ab%40example.com' +
        '?secret=ABC&issuer=Tea%20%26%20Co%3A%20%22%E6%97%A5%E6%9C%AC%22%3F&algorithm=SHA1&digits=6&period=30',
    );
  });
});
