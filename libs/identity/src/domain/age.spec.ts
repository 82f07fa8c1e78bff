import { describe, expect, it } from '@jest/globals';

import { ageInSeoul } from './age.js';

describe('ID-13 An age in Seoul', () => {
  it.each([
    // Midnight in Seoul is 15:00 UTC of the day before.
    ['a second before the 14th birthday begins', '2012-06-15', '2026-06-14T14:59:59.999Z', 13],
    ['as the 14th birthday begins', '2012-06-15', '2026-06-14T15:00:00.000Z', 14],
    ['when the birthday begins in UTC', '2012-06-15', '2026-06-15T00:00:00.000Z', 14],
    ['as the 14th birthday ends', '2012-06-15', '2026-06-15T14:59:59.999Z', 14],
    ['as the year begins in Seoul', '2012-01-01', '2025-12-31T15:00:00.000Z', 14],
    ['before the year begins in Seoul', '2012-01-01', '2025-12-31T14:59:59.999Z', 13],
    ['at the end of a year', '2012-12-31', '2026-12-30T15:00:00.000Z', 14],
    // Korean Civil Act §160: a year that begins on 29 February ends with the last day of February.
    ['born on a leap day, on 28 February of a common year', '2012-02-29', '2026-02-28T14:59:59.999Z', 13],
    ['born on a leap day, on 1 March of a common year', '2012-02-29', '2026-02-28T15:00:00.000Z', 14],
    ['born on a leap day, on the leap day', '2012-02-29', '2024-02-28T15:00:00.000Z', 12],
    ['born on a leap day, on the eve of the leap day', '2012-02-29', '2024-02-28T14:59:59.999Z', 11],
    ['born on 1 March, on a leap day', '2012-03-01', '2024-02-29T14:59:59.999Z', 11],
    ['on the day of birth', '2026-06-15', '2026-06-15T00:00:00.000Z', 0],
    ['before birth', '2026-06-16', '2026-06-15T00:00:00.000Z', -1],
    ['a hundred years on', '1926-06-15', '2026-06-15T00:00:00.000Z', 100],
  ])('%s: born %s, at %s, is %i', (_when, birthDate, now, age) => {
    expect(ageInSeoul(birthDate, new Date(now))).toBe(age);
  });
});
