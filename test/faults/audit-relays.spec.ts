import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startService, type TestService } from '../support/process.js';
import { waitFor } from '../support/wait.js';
import { AuditWorld } from './audit-world.js';

const BATCH = 50;
const LANES = 12;
/** Each relay ships four lanes at once. */
const OF_EACH = 4;
const EVENTS = 3_000;
const STARTING_MS = 180_000;
/** What a relay held is free when its lease has run out, 15 s after it sealed its last batch. */
const DRAINING_MS = 60_000;

let world: AuditWorld;
let third: TestService;

beforeAll(async () => {
  world = await AuditWorld.start({
    AUDIT_BATCH_SIZE: String(BATCH),
    AUDIT_LANES: String(LANES),
    AUDIT_TIMEOUT_MS: '10000',
    REPLICAS: '3',
  });
  third = await startService('apps/user-service/src/main.js', world.env, { timeoutMs: 60_000 });
}, STARTING_MS);
afterAll(async () => {
  await third.process.stop('SIGKILL');
  await world.close();
}, STARTING_MS);

const fill = `
  WITH ids AS (SELECT gen_random_uuid() AS id, n FROM generate_series(1, ${EVENTS}) AS n)
  INSERT INTO user_service.outbox (id, topic, lane, payload)
  SELECT id, 'audit', n % ${LANES}, jsonb_build_object(
           'specversion', '1.0', 'id', id, 'source', '/user-service', 'type', 'session.refreshed',
           'subject', 'user/' || id, 'time', '2026-01-01T00:00:00.000Z', 'datacontenttype', 'application/json',
           'dataschema', 'http://localhost:8000/schemas/audit/v1',
           'data', '{"outcome":"success","actor":{"type":"system"}}'::jsonb)
    FROM ids RETURNING id`;

const HOLDERS = `
  SELECT array_agg(lane::int ORDER BY lane) AS lanes FROM user_service.outbox_lanes
   WHERE lease_until > now() GROUP BY lease_owner`;

describe('F22 AU-14 Of three relays one is killed while it delivers', () => {
  it(
    'nothing is lost, one batch of each lane that it held is sent once more and nothing else is, and the others take its lanes over',
    async () => {
      // What they told of their start.
      await world.drained();
      const before = await world.report();
      // The receiver has stored a batch of each lane, and nobody has been answered.
      await world.become('hold');
      const ids = (await world.sql<{ id: string }>(fill)).map(({ id }) => id);
      const allAreSent = async () => (await world.report()).requests === before.requests + LANES;
      await waitFor(allAreSent, { what: 'a batch of each lane', timeoutMs: 10_000 });
      const holders = (await world.sql<{ lanes: number[] }>(HOLDERS)).map(({ lanes }) => lanes);
      expect(holders.map(({ length }) => length)).toEqual([OF_EACH, OF_EACH, OF_EACH]);
      await third.process.stop('SIGKILL');
      await world.become('ok');
      await world.drained(DRAINING_MS);

      const { violations, lanes } = await world.report();
      const told = new Set((await world.events()).map(({ id }) => id));
      expect(ids.filter((id) => !told.has(id))).toEqual([]);
      expect(violations).toEqual([]);
      expect(Object.values(lanes).every(({ whole }) => whole)).toBe(true);
      const repeated = Object.entries(lanes).filter(([lane, { repeated: count }]) => {
        return count > (before.lanes[lane]?.repeated ?? 0);
      });
      expect(holders).toContainEqual(repeated.map(([lane]) => Number(lane)).sort((a, b) => a - b));
      expect(repeated.map(([, { repeated: count }]) => count)).toEqual(Array.from({ length: OF_EACH }, () => BATCH));
    },
    DRAINING_MS + 60_000,
  );
});
