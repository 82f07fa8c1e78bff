import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail } from '../support/api-client.js';
import { openSql, type Sql } from '../support/test-database.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const DENIED = { code: '42501' };

let app: TestApp;
let superuser: Sql;

beforeAll(async () => {
  // Nobody takes events from it: they stay in the outbox.
  app = await startTestApp();
  superuser = await openSql(app.database.adminUrl);
  expect((await app.api.register(freshEmail())).status).toBe(202);
  await app.sql.query(
    `INSERT INTO user_service.outbox_dead_letters
            (id, event_id, lane, sequence, prevhash, hash, payload, code, detail, attempts, event_at)
     SELECT gen_random_uuid(), gen_random_uuid(), 0, 1, '\\x00', '\\x00', '{}', 'not_wanted', '', 1, now()`,
  );
});
afterAll(async () => {
  await superuser.close();
  await app.close();
});

describe('AU-10 An audit event that waits', () => {
  it.each([
    `UPDATE user_service.outbox SET payload = payload || '{"type":"session.logged_out"}' WHERE topic = 'audit'`,
    `UPDATE user_service.outbox SET topic = 'mail' WHERE topic = 'audit'`,
    `UPDATE user_service.outbox SET id = gen_random_uuid() WHERE topic = 'audit'`,
    `UPDATE user_service.outbox SET created_at = now() WHERE topic = 'audit'`,
    `UPDATE user_service.outbox_dead_letters SET payload = '{}'`,
    `UPDATE user_service.outbox_dead_letters SET code = 'sequence_conflict'`,
  ])('is changed by nobody, neither by the role of the service nor by a superuser: %s', async (statement) => {
    await expect(app.sql.query(statement)).rejects.toMatchObject(DENIED);
    await superuser.query('SET session_replication_role = replica');
    await expect(superuser.query(statement)).rejects.toMatchObject(DENIED);
  });

  it('is delivered all the same, and a mail is put off and sent again', async () => {
    const columns = `lane = lane, sequence = NULL, prevhash = NULL, hash = NULL, attempts = 0, available_at = now()`;

    expect(
      await app.sql.query(`UPDATE user_service.outbox SET ${columns} WHERE topic = 'audit' RETURNING topic`),
    ).not.toEqual([]);
    await app.sql.query(`INSERT INTO user_service.outbox (id, topic, lane, payload, available_at)
                         VALUES (gen_random_uuid(), 'mail', 0, '{}', 'infinity')`);
    expect(
      await app.sql.query(`UPDATE user_service.outbox SET created_at = now()
                            WHERE topic = 'mail' AND available_at = 'infinity' RETURNING topic`),
    ).toEqual([{ topic: 'mail' }]);
  });
});
