import { describe, expect, it } from '@jest/globals';

import { fitsPasswordLimits } from './password-limits.js';

// Composed: 1 code point and 3 bytes; decomposed: 3 code points and 9 bytes.
const SYLLABLE = '각';

describe('The limits of a password', () => {
  it.each([
    ['256 letters', true, 'x'.repeat(256)],
    ['257 letters', false, 'x'.repeat(257)],
    ['256 code points of 4 bytes', true, '🦊'.repeat(256)],
    ['257 code points of 4 bytes', false, '🦊'.repeat(257)],
    ['256 syllables', true, SYLLABLE.repeat(256)],
    ['257 syllables', false, SYLLABLE.repeat(257)],
    ['nothing', true, ''],
  ])('are kept by %s: composed or decomposed: %s', (_what, fits, text) => {
    expect([fitsPasswordLimits(text.normalize('NFC')), fitsPasswordLimits(text.normalize('NFD'))]).toEqual([
      fits,
      fits,
    ]);
  });

  it('are looked for before a long text is normalised', () => {
    // Sorting these marks would take more than a minute.
    const marks = `a${'\u0315\u0300'.repeat(200_000)}`;
    const started = performance.now();

    expect(fitsPasswordLimits(marks)).toBe(false);
    expect(performance.now() - started).toBeLessThan(200);
  });
});
