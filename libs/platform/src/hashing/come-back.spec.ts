import { describe, expect, it } from '@jest/globals';

import { ComeBack } from './come-back.js';

describe('PW-12 The moment to come back', () => {
  it('comes after those who wait, at the rate at which hashes get done', () => {
    const comeBack = new ComeBack();
    for (let count = 0; count < 100; count += 1) comeBack.took(50);
    // 40 hashes a second, and 64 before: the first after 1.6 s, the last 200 hashes later.
    const seconds = Array.from({ length: 200 }, () => comeBack.next(64, 2, 0));

    expect(seconds[0]).toBe(2);
    expect(seconds.at(-1)).toBe(7);
    for (const second of [3, 4, 5, 6]) {
      const there = seconds.filter((each) => each === second).length;
      expect(there).toBeGreaterThan(36);
      expect(there).toBeLessThan(44);
    }
  });

  it('is never later than ten seconds, nor earlier than one', () => {
    const comeBack = new ComeBack();
    expect(comeBack.next(0, 8, 0)).toBe(1);

    for (let count = 0; count < 10_000; count += 1) comeBack.next(64, 2, 0);
    expect(comeBack.next(64, 2, 0)).toBe(10);
  });

  it('forgets what it promised once that is over', () => {
    const comeBack = new ComeBack();
    for (let count = 0; count < 10_000; count += 1) comeBack.next(64, 2, 0);

    expect(comeBack.next(0, 2, 60_000)).toBe(1);
  });
});
