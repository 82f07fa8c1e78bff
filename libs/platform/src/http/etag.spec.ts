import { describe, expect, it } from '@jest/globals';

import { etagOf, ifMatch, ifNoneMatch } from './etag.js';

describe('Entity tags', () => {
  const tag = 'MJGOJ0m4Yhqo0En_';
  const etag = etagOf('kim', 7, ['id', 'name']);

  it('are strong, and another one for another owner, version or form', () => {
    expect(etag).toBe(`"${tag}"`);
    const others = [
      etagOf('lee', 7, ['id', 'name']),
      etagOf('kim', 8, ['id', 'name']),
      etagOf('kim', 7, ['id', 'name', 'phone']),
      etagOf('kim', 7, ['idname']),
    ];
    expect(new Set([etag, ...others]).size).toBe(5);
  });

  it.each([
    [`"${tag}"`, true],
    ['*', true],
    [` "x" ,  "${tag}"`, true],
    ['"v8"', false],
    [`W/"${tag}"`, false],
    [`W/"${tag}", "v8"`, false],
    [tag, false],
    ['', false],
    [`"${tag}`, false],
    [`"${tag}" "v8"`, false],
  ])('decide If-Match: %s by strong comparison: %s', (header, expected) => {
    expect(ifMatch(header, etag)).toBe(expected);
  });

  it.each([
    [`"${tag}"`, true],
    [`W/"${tag}"`, true],
    ['*', true],
    [`"a", W/"${tag}"`, true],
    ['"v8"', false],
    [tag, false],
  ])('decide If-None-Match: %s by weak comparison: %s', (header, expected) => {
    expect(ifNoneMatch(header, etag)).toBe(expected);
  });

  it('decide nothing where the header is missing', () => {
    expect(ifMatch(undefined, etag)).toBe(true);
    expect(ifNoneMatch(undefined, etag)).toBe(false);
  });
});
