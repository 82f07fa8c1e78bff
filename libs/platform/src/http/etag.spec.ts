import { describe, expect, it } from '@jest/globals';

import { etagOf, ifMatch, ifNoneMatch } from './etag.js';

describe('Entity tags', () => {
  const etag = etagOf(7);

  it('are strong and follow the version', () => {
    expect(etag).toBe('"v7"');
    expect(etagOf(8)).not.toBe(etag);
  });

  it.each([
    ['"v7"', true],
    ['*', true],
    [' "x" ,  "v7"', true],
    ['"v8"', false],
    ['W/"v7"', false],
    ['W/"v7", "v8"', false],
    ['v7', false],
    ['', false],
    ['"v7', false],
    ['"v7" "v8"', false],
  ])('decide If-Match: %s by strong comparison: %s', (header, expected) => {
    expect(ifMatch(header, etag)).toBe(expected);
  });

  it.each([
    ['"v7"', true],
    ['W/"v7"', true],
    ['*', true],
    ['"a", W/"v7"', true],
    ['"v8"', false],
    ['v7', false],
  ])('decide If-None-Match: %s by weak comparison: %s', (header, expected) => {
    expect(ifNoneMatch(header, etag)).toBe(expected);
  });

  it('decide nothing where the header is missing', () => {
    expect(ifMatch(undefined, etag)).toBe(true);
    expect(ifNoneMatch(undefined, etag)).toBe(false);
  });
});
