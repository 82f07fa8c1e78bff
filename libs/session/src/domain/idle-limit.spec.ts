import { describe, expect, it } from '@jest/globals';

import { after, NOW } from '../../testing/builders.js';
import { hasRestedTooLong } from './idle-limit.js';

const rested = (now: Date, minutes = 30, rememberMe = false): boolean =>
  hasRestedTooLong({ rememberMe, lastSeenAt: NOW }, minutes, now);

describe('The rest of a session', () => {
  it('SE-07 is never cut short: what is stored may be a minute old, and a use in that minute counts', () => {
    expect(rested(after({ minutes: 30, seconds: -1 }))).toBe(false);
    expect(rested(after({ minutes: 30 }))).toBe(false);
    expect(rested(after({ minutes: 31, milliseconds: -1 }))).toBe(false);
  });

  it('SE-08 is never longer than the limit and 60 seconds', () => {
    expect(rested(after({ minutes: 31 }))).toBe(true);
    expect(rested(after({ days: 29 }))).toBe(true);
  });

  it('is as long as it is configured to be', () => {
    expect(rested(after({ minutes: 6, milliseconds: -1 }), 5)).toBe(false);
    expect(rested(after({ minutes: 6 }), 5)).toBe(true);
  });

  it('SE-07 begins with the last use, whether that is stored or only known', () => {
    const restedSince = (lastUsed: Date | null): boolean =>
      hasRestedTooLong({ rememberMe: false, lastSeenAt: NOW }, 30, after({ minutes: 31 }), lastUsed);

    expect(restedSince(after({ milliseconds: 1 }))).toBe(false);
    expect(restedSince(after({ minutes: -1 }))).toBe(true);
    expect(restedSince(null)).toBe(true);
  });

  it('SE-07 of one that is to be remembered has no limit', () => {
    expect(rested(after({ days: 29 }), 30, true)).toBe(false);
  });
});
