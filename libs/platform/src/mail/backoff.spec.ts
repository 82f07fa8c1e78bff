import { describe, expect, it } from '@jest/globals';

import { backoffSeconds } from './backoff.js';

describe('The time until the next attempt', () => {
  it('doubles from one second up to five minutes', () => {
    const almostOne = 1 - Number.EPSILON;

    expect([1, 2, 3, 9, 10, 5_000].map((attempts) => Math.round(backoffSeconds(attempts, almostOne)))).toEqual([
      1, 2, 4, 256, 300, 300,
    ]);
  });

  it('is spread over the whole span', () => {
    expect(backoffSeconds(4, 0)).toBe(0);
    expect(backoffSeconds(4, 0.5)).toBe(4);
  });
});
