import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail } from '../support/api-client.js';
import { waitFor } from '../support/wait.js';
import { AuditWorld } from './audit-world.js';

// The long form is a part of the bench: `npm run bench -- --only audit --outage 600`.
const HEALTHY_MS = 6_000;
const OUTAGE_MS = 12_000;
const PAUSE_MS = 400;
const STARTING_MS = 180_000;
/** The machine has other work; what waits for the Audit Service would wait for seconds. */
const NOISE_MS = 1_000;

let world: AuditWorld;

beforeAll(async () => {
  world = await AuditWorld.start();
}, STARTING_MS);
afterAll(async () => {
  await world.close();
}, STARTING_MS);

/** Sign-ups and sign-ins for so long; how long each sign-in took, in milliseconds. */
async function traffic(email: string, ms: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const api = world.api(times.length % 2 === 0 ? 0 : 1);
    expect((await api.register(freshEmail('outage'))).status).toBe(202);
    const begun = performance.now();
    expect((await api.login(email)).status).toBe(200);
    times.push(performance.now() - begun);
    await delay(PAUSE_MS);
  }
  return times.sort((a, b) => a - b);
}

const waiting = async (): Promise<number> => {
  const count = `SELECT count(*)::int AS count FROM user_service.outbox WHERE topic = 'audit'`;
  return (await world.sql<{ count: number }>(count))[0]?.count ?? 0;
};

describe('F18 AU-08 I3 While the Audit Service is away', () => {
  it(
    'sign-ins take no longer, and what has piled up is delivered in order in a quarter of the time',
    async () => {
      const email = await world.api(0).verifiedUser();
      const healthy = await traffic(email, HEALTHY_MS);
      await world.become('down');
      const away = await traffic(email, OUTAGE_MS);
      const piledUp = await waiting();
      const before = (await world.report()).stored;
      await world.become('ok');
      // That it is noticed soon is shown where time is in the hands of the test.
      await waitFor(async () => (await world.report()).stored > before, { timeoutMs: OUTAGE_MS, what: 'a batch' });
      const begun = performance.now();
      await waitFor(async () => (await waiting()) === 0, { timeoutMs: OUTAGE_MS, what: 'an empty outbox' });

      expect(piledUp).toBeGreaterThan(away.length);
      expect(performance.now() - begun).toBeLessThan(OUTAGE_MS / 4 + NOISE_MS);
      expect(away[Math.floor(away.length / 2)]).toBeLessThan(
        2 * (healthy[Math.floor(healthy.length / 2)] ?? 0) + NOISE_MS,
      );
      expect(away.at(-1)).toBeLessThan(2 * (healthy.at(-1) ?? 0) + NOISE_MS);
      const byLane = Map.groupBy(await world.events(), ({ lane }) => lane);
      for (const events of byLane.values()) {
        const sequences = events.map(({ sequence }) => sequence);
        expect(sequences).toEqual([...sequences].sort());
      }
      expect((await world.report()).violations).toEqual([]);
    },
    STARTING_MS,
  );
});
