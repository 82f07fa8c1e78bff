import { describe, expect, it } from '@jest/globals';

import { SystemPacing } from './pacing.system.js';

/** Milliseconds that room is made for, while so many hashes wait. */
async function roomFor(queued: number, workedMs: number): Promise<number> {
  const begun = performance.now();
  await new SystemPacing({ stats: { active: 2, queued, rejected: 0 } }).makeRoom(workedMs);
  return performance.now() - begun;
}

describe('Room for calls that wait for the processor', () => {
  it('is not made while no hash waits', async () => {
    expect(await roomFor(0, 60_000)).toBeLessThan(500);
  });

  it('is three times as long as the work while one does', async () => {
    expect(await roomFor(1, 50)).toBeGreaterThan(140);
  });

  it('is a second at most', async () => {
    const room = await roomFor(1, 60_000);

    expect(room).toBeGreaterThan(990);
    expect(room).toBeLessThan(5_000);
  });
});
