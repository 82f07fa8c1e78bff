import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { DrainLegacyTrail } from '#audit-gateway';
import { UnitOfWork } from '#kernel';

import { LegacyTrail, type Verified } from '../../libs/audit-gateway/src/application/drain-legacy-trail.js';
import { openSql } from '../support/sql.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const TABLE = 'public.audit_events';
const LONG_MS = 10_000;

let app: TestApp;
let trail: LegacyTrail;

beforeAll(async () => {
  // Whoever waits here waits for the test.
  app = await startTestApp({ DATABASE_STATEMENT_TIMEOUT_MS: '60000', DATABASE_LOCK_TIMEOUT_MS: '60000' });
  trail = app.app.get(LegacyTrail, { strict: false });
});
beforeEach(async () => {
  await app.sql.query(`DROP TABLE IF EXISTS ${TABLE}`);
  await app.sql.query('TRUNCATE user_service.legacy_audit_handed');
  await app.sql.query(`CREATE TABLE ${TABLE} (id SERIAL PRIMARY KEY, event_type TEXT NOT NULL)`);
});
afterAll(() => app.close());

const add = (count: number): Promise<unknown> =>
  app.sql.query(`INSERT INTO ${TABLE} (event_type) SELECT 'login' FROM generate_series(1, ${String(count)})`);
const drop = (since: Verified, limitMs = LONG_MS): Promise<boolean> =>
  app.app.get(UnitOfWork).run(() => trail.drop(TABLE, since, limitMs));
const isThere = async (): Promise<boolean> =>
  (await app.sql.query(`SELECT 1 WHERE to_regclass('${TABLE}') IS NOT NULL`)).length > 0;

describe('Dropping the audit table of the service before', () => {
  it('lets others use it while its rows are counted, and keeps it for what they write', async () => {
    const holder = await openSql(app.database.adminUrl);
    const handOver = trail.handOver.bind(trail);
    // From here on the count has to wait.
    const spy = jest.spyOn(trail, 'handOver').mockImplementation(async (...parameters) => {
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE user_service.legacy_audit_handed IN ACCESS EXCLUSIVE MODE');
      return handOver(...parameters);
    });
    const isHeldUp = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    try {
      const options = { keep: false, lockMs: LONG_MS };
      const drained = app.app.get(DrainLegacyTrail, { strict: false }).execute(TABLE, options, () => undefined);
      await waitFor(async () => (await app.sql.query(isHeldUp)).length > 0, { what: 'the count to wait' });
      await app.sql.query(`SET lock_timeout = '1s'`);
      await add(1);
      await holder.query('ROLLBACK');

      expect(await drained).toEqual({ rows: 1, handed: 0, handedNow: 0, dropped: false });
    } finally {
      spy.mockRestore();
      await app.sql.query('RESET lock_timeout');
      await holder.close();
    }
  });

  it('looks again at what came or changed since they were counted', async () => {
    await add(3);
    expect(await trail.verify(TABLE)).toBeNull();
    await app.app.get(UnitOfWork).run(() => trail.handOver(TABLE, null));
    const since = (await trail.verify(TABLE))!;

    await app.sql.query(`INSERT INTO ${TABLE} (id, event_type) VALUES (-1, 'late')`);
    expect(await drop(since)).toBe(false);
    await app.sql.query(`DELETE FROM ${TABLE} WHERE id = -1`);
    await app.sql.query(`UPDATE ${TABLE} SET id = 4 WHERE id = 3`);
    expect(await drop(since)).toBe(false);
    await app.sql.query(`UPDATE ${TABLE} SET id = 3 WHERE id = 4`);
    expect(await drop(since)).toBe(true);
    expect(await isThere()).toBe(false);
  });

  it('keeps it from others for no longer than it is told to', async () => {
    await add(100_000);
    await app.sql.query(
      `INSERT INTO user_service.legacy_audit_handed SELECT $1, id::text, gen_random_uuid() FROM ${TABLE}`,
      [TABLE],
    );
    const since = (await trail.verify(TABLE))!;

    await expect(drop(since, 1)).rejects.toThrow(`${TABLE} stays`);
    expect(await isThere()).toBe(true);
    expect(await drop(since)).toBe(true);
  });

  it('waits two seconds for those who use it, and no longer', async () => {
    const since = (await trail.verify(TABLE))!;
    await app.sql.query('BEGIN');
    try {
      await app.sql.query(`SELECT 1 FROM ${TABLE}`);
      await expect(drop(since)).rejects.toMatchObject({ code: '55P03' });
    } finally {
      await app.sql.query('ROLLBACK');
    }
  });
});
