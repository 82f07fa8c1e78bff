import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { aUser } from '../../testing/builders.js';
import { IdentityWorld } from '../../testing/identity-world.js';

const SOURCE = '203.0.113.7';
const FAILURES = 5;
const OTHERS = 20;
// Ten times a pause.
const SECOND_MS = 1_000;
const TRIES_IN_A_SECOND = 10;

describe('LG-04 Attempts at one address from one place', () => {
  let world: IdentityWorld;
  let release: () => void;

  beforeEach(async () => {
    jest.useFakeTimers();
    world = new IdentityWorld();
    await world.store(aUser());
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    jest.spyOn(world.hasher, 'verify').mockImplementation(async () => {
      await held;
      return false;
    });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const attempt = (n: number): Promise<{ outcome: string }> =>
    world.api.verifyPassword('kim@example.com', 'wrong', { source: SOURCE, deviceToken: `made up ${String(n)}` });

  it('wait in one line for those that are at work, whatever device they claim to be', async () => {
    const asked = jest.spyOn(world.attempts, 'reserve');
    const all = Array.from({ length: FAILURES + OTHERS }, (_each, n) => attempt(n));
    await jest.advanceTimersByTimeAsync(SECOND_MS);

    expect(asked.mock.calls.length).toBeLessThanOrEqual(FAILURES + OTHERS + FAILURES * TRIES_IN_A_SECOND);

    release();
    await jest.advanceTimersByTimeAsync(5 * SECOND_MS);
    const outcomes = (await Promise.all(all)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'rejected')).toHaveLength(FAILURES);
    expect(outcomes.filter((outcome) => outcome === 'throttled')).toHaveLength(OTHERS);
  });
});
