import { describe, expect, it } from '@jest/globals';

import { signInName } from './sign-in-name.js';

describe('The name that attempts to sign in are counted under', () => {
  it.each([
    ['Kim@Example.com', 'kim@example.com'],
    [' kim+news@example.com ', 'kim@example.com'],
    ['kim+a+b@example.com', 'kim@example.com'],
    ['ｋｉｍ@example.com', 'kim@example.com'],
    ['no address + at all', 'no address + at all'],
    ['kim@example.com+x', 'kim@example.com+x'],
  ])('LG-04 is one for all spellings: %p', (typed, name) => {
    expect(signInName(typed, null)).toBe(name);
  });

  it('LG-04 is found in time that grows with the text and not with its square', () => {
    const time = (length: number): number => {
      const text = '+'.repeat(length);
      const started = performance.now();
      signInName(text, null);
      return performance.now() - started;
    };
    time(1_000);
    // The square would be 10^10 steps, which is many seconds.
    expect(time(100_000)).toBeLessThan(1_000);
  });
});
