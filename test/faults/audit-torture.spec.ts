import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { runCli } from '../support/api-keys.js';
import { STUB_MODES } from '../support/audit-stub.js';
import { chance, Person, type Tally } from './audit-people.js';
import { compareWithTruth } from './audit-truth.js';
import { AuditWorld } from './audit-world.js';

// The long form: TORTURE_OPERATIONS=10000 TORTURE_KILLS=50, and TORTURE_SEED to see the same once more.
const OPERATIONS = Number(process.env['TORTURE_OPERATIONS'] ?? 300);
const KILLS = Number(process.env['TORTURE_KILLS'] ?? 3);
const SEED = Number(process.env['TORTURE_SEED'] ?? Date.now() % 1_000_000);
const PEOPLE = 10;
const POLL_MS = 20;
const LONGEST_MS = 30 * 60_000;

const MODES = STUB_MODES.filter((mode) => mode !== 'poison' && mode !== 'hold');

let world: AuditWorld;

beforeAll(async () => {
  world = await AuditWorld.start();
}, LONGEST_MS);
afterAll(async () => {
  await world.close();
}, LONGEST_MS);

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

describe(`AU-01 AU-03 AU-04 AU-11 AU-14 I2 I3 I4 I5 With seed ${SEED}, whatever is killed and whatever the Audit Service does`, () => {
  it(
    'each change has its event, no event is without its change, and every chain is whole',
    async () => {
      const random = chance(SEED);
      const tally: Tally = { operations: 0, acknowledged: 0, refused: 0, unknown: 0, failures: 0, doubtfulFailures: 0 };
      const answered = (): number => tally.acknowledged + tally.refused;
      const addresses = await Promise.all(
        Array.from({ length: PEOPLE }, (_, at) => world.api((at % 2) as 0 | 1).verifiedUser()),
      );
      const people = addresses.map((email, at) => new Person(world, email, chance(SEED + at), tally));
      let kills = 0;
      const isOver = (): boolean => answered() >= OPERATIONS && kills >= KILLS;

      const living = people.map(async (person) => {
        while (!isOver()) await person.act();
      });
      const killing = async (): Promise<void> => {
        const victims = [() => world.killInstance(0), () => world.killInstance(1), () => world.killPostgres()];
        while (kills < KILLS) {
          for (const kill of shuffled(victims, random)) {
            // Spread over the whole run.
            while (answered() < (kills * OPERATIONS) / KILLS) await delay(POLL_MS);
            await kill();
            kills += 1;
          }
        }
      };
      const misbehaving = async (): Promise<void> => {
        do {
          for (const mode of shuffled(MODES, random)) {
            await world.become(mode);
            await world.met();
          }
        } while (!isOver());
      };
      await Promise.all([...living, killing(), misbehaving()]);

      await world.become('ok');
      await world.hurry();
      const { err, status } = runCli(world, 'audit', 'dead-letters', 'retry', '--all');
      expect([status, err]).toEqual([0, '']);
      await world.drained(LONGEST_MS);

      const report = await world.report();
      const truth = await compareWithTruth(world);
      const failed = (await world.events()).filter(({ type }) => type === 'session.login_failed').length;
      process.stdout.write(`${JSON.stringify({ seed: SEED, kills, ...tally, failed, ...report })}\n`);

      expect(report.violations).toEqual([]);
      expect(Object.values(report.lanes).every(({ whole }) => whole)).toBe(true);
      for (const [kind, { facts, ...differences }] of Object.entries(truth)) {
        expect({ kind, ...differences }).toEqual({ kind, untold: [], invented: [] });
        expect(facts).toBeGreaterThan(0);
      }
      // A refusal whose answer was lost may have been told all the same.
      expect(failed).toBeGreaterThanOrEqual(tally.failures);
      expect(failed).toBeLessThanOrEqual(tally.failures + tally.doubtfulFailures);
      expect(tally.acknowledged).toBeGreaterThan(OPERATIONS / 2);
    },
    LONGEST_MS,
  );
});
