import { describe, expect, it } from '@jest/globals';

import { quantile, quantileOf, quantileRatio } from '../support/statistics.js';

/** Forty blocks of fifty, of the same distribution each time, times a factor. */
const blocks = (factor = 1): number[][] =>
  Array.from({ length: 40 }, () => Array.from({ length: 50 }, () => factor * (20 - 10 * Math.log(1 - Math.random()))));

describe('A quantile', () => {
  it('is a value that is there', () => {
    const values = Array.from({ length: 200 }, (_, index) => index + 1);

    expect([0.5, 0.99, 1].map((share) => quantile(values, share))).toEqual([100, 198, 200]);
    expect(quantile([], 0.99)).toBeNaN();
  });

  it('comes with what chance would make of it', () => {
    const { value, low, high } = quantileOf(blocks(), 0.99);

    // 20 − 10 ln 0.01
    expect(low).toBeLessThan(66);
    expect(high).toBeGreaterThan(66 - 10);
    expect([low <= value, value <= high]).toEqual([true, true]);
  });

  it('knows less of values that come in blocks than of as many that do not', () => {
    // Each block is slow or quick as a whole.
    const together = Array.from({ length: 40 }, (_, index) =>
      Array.from({ length: 50 }, () => (index % 8 === 0 ? 90 : 30)),
    );
    const apart = Array.from({ length: 40 }, () =>
      Array.from({ length: 50 }, (_, index) => (index % 8 === 0 ? 90 : 30)),
    );
    const [wide, narrow] = [together, apart].map((each) => quantileOf(each, 0.9));

    expect(wide!.high - wide!.low).toBe(60);
    expect(narrow!.high - narrow!.low).toBe(0);
  });

  it('is compared with another one, and finds a tenth more when there is', () => {
    const same = quantileRatio(blocks(), blocks(), 0.5);
    const more = quantileRatio(blocks(1.3), blocks(), 0.5);

    expect(same.low).toBeLessThan(1.05);
    expect(same.high).toBeGreaterThan(0.95);
    expect(more.low).toBeGreaterThan(1.1);
    expect(more.high).toBeLessThan(1.5);
  });
});
