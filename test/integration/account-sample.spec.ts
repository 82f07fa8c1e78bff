import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { MfaQueries } from '../../libs/mfa/src/application/mfa-queries.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const MOST_PAGES = 1_024;

let service: TestApp;
let queries: MfaQueries;

beforeAll(async () => {
  service = await startTestApp();
  queries = service.app.get(MfaQueries, { strict: false });
});
afterAll(() => service.close());
beforeEach(() => service.sql.query('TRUNCATE user_service.users CASCADE'));

/** Every fifth of them has a second factor, and every tenth is disabled. They are stored three to a page. */
async function addUsers(count: number): Promise<void> {
  await service.sql.query('ALTER TABLE user_service.users ALTER COLUMN profile_enc SET STORAGE PLAIN');
  await service.sql.query(
    `INSERT INTO user_service.users (id, email_enc, email_index, password_hash, password_changed_at, status, roles,
                                     profile_enc, locale, mfa_enabled, created_at, updated_at)
     SELECT gen_random_uuid(), 'x', sha256(n::text::bytea), 'x', now(),
            CASE WHEN n % 10 = 1 THEN 'disabled' ELSE 'active' END, ARRAY['user'],
            decode(repeat('ab', 2000), 'hex'), 'en', n % 5 = 0, now(), now()
       FROM generate_series(1, $1::integer) n`,
    [count],
  );
}

async function pagesRead(): Promise<number> {
  const [row] = await service.sql.query<{ 'QUERY PLAN': readonly { Plan: Record<string, number> }[] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT count(*) FROM user_service.account_sample WHERE active`,
  );
  const plan = row!['QUERY PLAN'][0]!.Plan;
  return plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!;
}

describe('How many users have a second factor', () => {
  it('is counted while they are few', async () => {
    expect(await queries.enrolment()).toEqual({ enrolled: 0, active: 0 });
    await addUsers(1_000);

    expect(await queries.enrolment()).toEqual({ enrolled: 200, active: 900 });
  });

  it('is estimated at a bounded cost where they are many', async () => {
    await addUsers(20_000);
    const { enrolled, active } = await queries.enrolment();

    // The table has six times as many pages, and chance decides about each.
    expect(await pagesRead()).toBeLessThan(MOST_PAGES * 1.3);
    expect(Math.abs(active / 18_000 - 1)).toBeLessThan(0.2);
    expect(enrolled / active).toBeGreaterThan(0.17);
    expect(enrolled / active).toBeLessThan(0.28);
  });
});
