import { describe, expect, it } from '@jest/globals';

import { backOffSeconds, unauthorizedSeconds } from './back-off.js';

const LONG = 1_000;
const ALMOST_ONE = 1 - Number.EPSILON;

describe('AU-07 The pause after a failure', () => {
  it('is of full jitter from 0.2 s to a ceiling that grows with each failure, up to 60 s', () => {
    const ceilings = [1, 2, 5, 10, 20, LONG].map((failures) => backOffSeconds(failures, ALMOST_ONE));

    expect([1, 5, LONG].map((failures) => backOffSeconds(failures, 0))).toEqual([0.2, 0.2, 0.2]);
    expect(ceilings).toEqual(ceilings.toSorted((a, b) => a - b));
    expect(ceilings[0]).toBeLessThan(1);
    expect(ceilings.at(-1)).toBeCloseTo(60);
    expect(backOffSeconds(LONG, 0.5)).toBeCloseTo(30.1);
  });

  it('is never shorter than what the receiver asks for, up to an hour of it', () => {
    expect(backOffSeconds(1, 0.5, 30)).toBe(30);
    expect(backOffSeconds(LONG, ALMOST_ONE, 1)).toBeCloseTo(60);
    expect(backOffSeconds(1, 0.5, 1e9)).toBe(3_600);
  });

  it('is from 30 to 60 s when the key is refused', () => {
    expect([unauthorizedSeconds(0), unauthorizedSeconds(0.5)]).toEqual([30, 45]);
    expect(unauthorizedSeconds(ALMOST_ONE)).toBeCloseTo(60);
  });
});
