import { describe, expect, it } from '@jest/globals';

import { after, NOW } from '../../testing/builders.js';
import { pageOf, type Position } from './newest-first.js';

const at = (seconds: number, key: string): Position => ({ at: after({ seconds }), key });
const ITEMS = [at(0, 'a'), at(2, 'b'), at(1, 'c'), at(1, 'd'), at(0, 'e')];
const ORDER = ['b', 'd', 'c', 'e', 'a'];

const page = (limit: number, from: Position | null): ReturnType<typeof pageOf<Position>> =>
  pageOf(ITEMS, (item) => item, { limit, after: from });

describe('A list, newest first', () => {
  it('is whole when it fits into one page', () => {
    expect(page(5, null)).toEqual({ items: ORDER.map((key) => expect.objectContaining({ key })), next: null });
  });

  it.each([1, 2, 3, 4])('shows every item once in pages of %d', (limit) => {
    const seen: string[] = [];
    let next: Position | null = null;
    do {
      const { items, next: more }: ReturnType<typeof page> = page(limit, next);
      expect(items.length).toBeLessThanOrEqual(limit);
      seen.push(...items.map(({ key }) => key));
      next = more;
    } while (next !== null);

    expect(seen).toEqual(ORDER);
  });

  it('goes on after a position that is no longer there', () => {
    expect(page(2, { at: NOW, key: 'f' }).items.map(({ key }) => key)).toEqual(['e', 'a']);
  });
});
