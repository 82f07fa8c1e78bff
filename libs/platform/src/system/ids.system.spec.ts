import { describe, expect, it } from '@jest/globals';

import { SystemIds } from './ids.system.js';

const ids = new SystemIds();
const thousand = <T>(make: () => T): T[] => Array.from({ length: 1_000 }, make);

describe('ID-11 Ids of the system', () => {
  it('1000 of them are UUIDv7, each its own, ordered by the time they were made at', () => {
    const before = Date.now();
    const made = thousand(() => ids.uuid());
    const after = Date.now();

    expect(new Set(made).size).toBe(1_000);
    for (const id of made) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      const time = parseInt(id.replaceAll('-', '').slice(0, 12), 16);
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(after + 1);
    }
    expect([...made].sort()).toEqual(made);
  });

  it('cannot be guessed from one another', () => {
    const tails = thousand(() => ids.uuid().slice(24));

    expect(new Set(tails).size).toBe(1_000);
    expect(new Set(tails.map((tail) => tail.slice(0, 2))).size).toBeGreaterThan(200);
  });
});

describe('SE-01 Secrets of the system', () => {
  it('1000 of them are 256 bits of base64url, each its own', () => {
    const made = thousand(() => ids.secret());

    expect(new Set(made).size).toBe(1_000);
    for (const secret of made) {
      expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    }
  });

  it('have the number of bits that was asked for', () => {
    expect(Buffer.from(ids.secret(128), 'base64url')).toHaveLength(16);
  });
});
