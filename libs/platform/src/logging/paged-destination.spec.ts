import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { PagedDestination } from './paged-destination.js';

describe('Lines by the page', () => {
  let pages: string[];
  let flushed: number;
  let destination: PagedDestination;

  beforeEach(() => {
    jest.useFakeTimers();
    pages = [];
    flushed = 0;
    destination = new PagedDestination({
      write: (page) => pages.push(page),
      flush: (written) => {
        flushed += 1;
        written();
      },
    });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('wait for each other for a moment, and leave in their order', () => {
    destination.write('one\n');
    jest.advanceTimersByTime(30);
    destination.write('two\n');
    expect(pages).toEqual([]);
    jest.advanceTimersByTime(20);

    expect(pages).toEqual(['one\ntwo\n']);
  });

  it('leave at once when the page is full, and only once', () => {
    const line = `${'x'.repeat(20_000)}\n`;
    destination.write(line);
    destination.write(line);
    expect(pages).toEqual([line + line]);
    jest.advanceTimersByTime(1_000);

    expect(pages).toHaveLength(1);
  });

  it('are all written before a flush is done', () => {
    const done = jest.fn();
    destination.write('last words\n');
    destination.flush(done);

    expect(pages).toEqual(['last words\n']);
    expect(flushed).toBe(1);
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('say nothing when there is nothing', () => {
    destination.flush(() => undefined);
    jest.advanceTimersByTime(1_000);

    expect(pages).toEqual([]);
  });
});
