import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startService, type TestService } from '../support/process.js';
import { waitFor } from '../support/wait.js';
import { AuditWorld } from './audit-world.js';

const BATCH = 50;
const EVENTS = 3_000;
const STARTING_MS = 180_000;
const DRAINING_MS = 120_000;

let world: AuditWorld;
let third: TestService;

beforeAll(async () => {
  world = await AuditWorld.start({ AUDIT_BATCH_SIZE: String(BATCH), AUDIT_TIMEOUT_MS: '5000', REPLICAS: '3' });
  third = await startService('apps/user-service/src/main.js', world.env, { timeoutMs: 60_000 });
}, STARTING_MS);
afterAll(async () => {
  await third.process.stop('SIGKILL');
  await world.close();
}, STARTING_MS);

const fill = `
  WITH ids AS (SELECT gen_random_uuid() AS id, n FROM generate_series(1, ${EVENTS}) AS n)
  INSERT INTO user_service.outbox (id, topic, lane, payload)
  SELECT id, 'audit', n % 8, jsonb_build_object(
           'specversion', '1.0', 'id', id, 'source', '/user-service', 'type', 'session.refreshed',
           'subject', 'user/' || id, 'time', '2026-01-01T00:00:00.000Z', 'datacontenttype', 'application/json',
           'dataschema', 'http://localhost:8000/schemas/audit/v1',
           'data', '{"outcome":"success","actor":{"type":"system"}}'::jsonb)
    FROM ids RETURNING id`;

describe('F22 AU-14 Of three relays one is killed while it delivers', () => {
  it(
    'nothing is lost, no more is sent twice than it held, and the others take its lanes over',
    async () => {
      // Each batch takes its time, so that the one who is killed is in the middle of several.
      await world.become('slow');
      const ids = (await world.sql<{ id: string }>(fill)).map(({ id }) => id);
      const holders = `SELECT lease_owner AS owner, count(*)::int AS lanes FROM user_service.outbox_lanes
                        WHERE lease_until > now() GROUP BY lease_owner`;
      // All three are at it.
      await waitFor(async () => (await world.sql(holders)).length === 3, { what: 'three relays', timeoutMs: 30_000 });
      const before = await world.report();
      expect(before.stored).toBeLessThan(ids.length);
      await third.process.stop('SIGKILL');
      await world.become('ok');
      await world.drained(DRAINING_MS);

      const { violations, events, stored, lanes } = await world.report();
      const told = new Set((await world.events()).map(({ id }) => id));
      expect(ids.filter((id) => !told.has(id))).toEqual([]);
      expect(violations).toEqual([]);
      expect(Object.values(lanes).every(({ whole }) => whole)).toBe(true);
      // What it held: one batch for each lane that it had at once, four at most.
      expect(events - stored).toBeLessThanOrEqual(4 * BATCH);
    },
    DRAINING_MS + 60_000,
  );
});
