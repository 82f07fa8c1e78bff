import { describe, expect, it } from '@jest/globals';

import { readBearer } from './bearer.js';

const read = (...values: string[]) =>
  readBearer({
    headers: values[0] === undefined ? {} : { authorization: values[0] },
    rawHeaders: values.flatMap((value) => ['Authorization', value]),
  });

describe('TK-13 the Authorization header', () => {
  it('gives the token of the bearer scheme, whose name has no case', () => {
    expect(read('Bearer abc.def-_~+/=')).toEqual({ kind: 'token', token: 'abc.def-_~+/=' });
    expect(read('bEARER  abc')).toEqual({ kind: 'token', token: 'abc' });
  });

  it('is told apart from none at all', () => {
    expect(read()).toEqual({ kind: 'missing' });
  });

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Basic dXNlcjpwYXNz',
    'Bearer a b',
    'Bearer a,b',
    'Bearer ä',
    'abc',
    'Bearer\tabc',
    'Bearer "abc"',
  ])('is malformed as %j', (value) => {
    expect(read(value)).toEqual({ kind: 'malformed' });
  });

  it('is malformed when it is there twice, even if both are the same', () => {
    expect(read('Bearer abc', 'Bearer abc')).toEqual({ kind: 'malformed' });
  });

  it('is read in linear time', () => {
    const started = performance.now();
    expect(read(`Bearer ${'a'.repeat(65_536)} `)).toEqual({ kind: 'malformed' });
    expect(read(`Bearer ${' '.repeat(65_536)}`)).toEqual({ kind: 'malformed' });
    expect(performance.now() - started).toBeLessThan(100);
  });
});
