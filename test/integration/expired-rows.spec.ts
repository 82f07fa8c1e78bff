import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ExpiredOneTimeTokens } from '../../libs/identity/src/infrastructure/persistence/expired-one-time-tokens.js';
import { ExpiredIdempotencyKeys } from '../../libs/platform/src/http/expired-idempotency-keys.js';
import { ExpiredToldEvents } from '#platform/outbox';

import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ AUDIT_TOLD_MINUTES: '60' });
});
afterAll(() => app.close());

const addKeys = (count: number, age: string): Promise<unknown> =>
  app.sql.query(
    `INSERT INTO user_service.idempotency_keys (key_hash, route, caller, request_hash, expires_at)
     SELECT decode(md5(n::text || $2), 'hex'), 'POST /x', '\\x00', '\\x00', now() - $2::interval
       FROM generate_series(1, $1::integer) n`,
    [count, age],
  );
const countOf = async (table: string): Promise<unknown> =>
  (await app.sql.query(`SELECT count(*)::integer AS count FROM user_service.${table}`))[0]?.['count'];

describe('Rows that expired', () => {
  it('go a day later, however many there are, and no earlier', async () => {
    await addKeys(2_500, '25 hours');
    await addKeys(3, '23 hours');
    const sweep = app.app.get(ExpiredIdempotencyKeys, { strict: false });

    expect(await sweep.sweep()).toBe(2_500);
    expect(await countOf('idempotency_keys')).toBe(3);
    expect(await sweep.sweep()).toBe(0);
  });

  it('leave an event for each transaction that deleted some, with how many of what, and none where there were none', async () => {
    await app.sql.query(`DELETE FROM user_service.outbox WHERE payload ->> 'type' = 'system.retention_run'`);
    await addKeys(1_007, '27 hours');
    const sweep = app.app.get(ExpiredIdempotencyKeys, { strict: false });
    await sweep.sweep();
    await sweep.sweep();
    const told = await app.sql.query(
      `SELECT payload -> 'data' AS data FROM user_service.outbox WHERE payload ->> 'type' = 'system.retention_run' ORDER BY position`,
    );

    expect(told.map(({ data }) => data)).toEqual(
      [1_000, 7].map((count) => ({
        outcome: 'success',
        actor: { type: 'system' },
        details: { deleted: { idempotency_keys: count } },
      })),
    );
  });

  it('of told events go after the time that is configured, without an event, and their number is told', async () => {
    await app.sql.query(`DELETE FROM user_service.outbox WHERE payload ->> 'type' = 'system.retention_run'`);
    await app.sql.query(
      `INSERT INTO user_service.outbox_told (event_id, expires_at)
       SELECT gen_random_uuid(), now() - age FROM unnest($1::interval[]) AS age`,
      [['25 hours', '61 minutes', '59 minutes']],
    );
    const before = Number(await countOf('outbox'));

    expect(await app.app.get(ExpiredToldEvents, { strict: false }).sweep()).toBe(2);
    expect(await countOf('outbox')).toBe(before);
    const left = await countOf('outbox_told');
    expect(left).toBeGreaterThan(0);
    await waitFor(async () => (await app.api.get('/metrics')).text.includes(`\naudit_told_events ${String(left)}\n`), {
      what: 'their number',
    });
  });

  it('are left to the one instance that is at it', async () => {
    await addKeys(1, '26 hours');
    const sweep = app.app.get(ExpiredIdempotencyKeys, { strict: false });
    const lock = `hashtext('user_service.idempotency_keys')`;
    await app.sql.query(`SELECT pg_advisory_lock(${lock})`);
    try {
      expect(await sweep.sweep()).toBe(0);
    } finally {
      await app.sql.query(`SELECT pg_advisory_unlock(${lock})`);
    }

    expect(await sweep.sweep()).toBe(1);
  });

  it('stay where a registration waits in them', async () => {
    const { userId } = await app.api.signedInUser();
    const before = Number(await countOf('one_time_tokens'));
    for (const sealed of [null, randomBytes(8)]) {
      await app.sql.query(
        `INSERT INTO user_service.one_time_tokens
           (hash, purpose, user_id, security_epoch, created_at, expires_at, registration_enc)
         VALUES ($1, 'email_verification', $2, 1, now(), now() - interval '25 hours', $3)`,
        [randomBytes(32), userId, sealed],
      );
    }

    expect(await app.app.get(ExpiredOneTimeTokens, { strict: false }).sweep()).toBe(1);
    expect(await countOf('one_time_tokens')).toBe(before + 1);
  });

  it('are found by an index where a flood can leave many', async () => {
    const plan = await app.sql.query<Record<string, string>>(
      `EXPLAIN SELECT ctid FROM user_service.sign_in_attempts WHERE expires_at < now() ORDER BY expires_at LIMIT 1000`,
    );

    expect(JSON.stringify(plan)).toContain('sign_in_attempts_expires_at');
  });
});
