import { describe, expect, it } from '@jest/globals';

import { after, NOW } from '../../testing/builders.js';
import { isRecentlyAuthenticated } from './recent-authentication.js';

const AUTH_TIME = NOW.getTime() / 1_000;

describe('A proof of who somebody is', () => {
  it.each([
    ['at once', 0],
    ['five minutes later', 300],
    ['by a clock that is half a minute behind', -30],
  ])('is fresh %s', (_when, seconds) => {
    expect(isRecentlyAuthenticated(AUTH_TIME, after({ seconds }))).toBe(true);
  });

  it.each([
    ['five minutes and a second later', 301],
    ['a day later', 86_400],
    ['when it comes from further ahead than clocks differ', -31],
  ])('is not fresh %s', (_when, seconds) => {
    expect(isRecentlyAuthenticated(AUTH_TIME, after({ seconds }))).toBe(false);
  });
});
