import { afterAll, beforeAll } from '@jest/globals';

import { UnitOfWork } from '#kernel';

import { PasskeyChallenges, Passkeys } from '../../libs/mfa/src/application/passkey-ports.js';
import type { PasskeyPorts } from '../../libs/mfa/testing/passkey-ports.js';
import { describePasskeys, SESSION } from '../../libs/mfa/testing/passkeys.contract.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let service: TestApp;
let users: string[];

beforeAll(async () => {
  service = await startTestApp();
  await service.api.verifiedUser();
  await service.api.verifiedUser();
  const rows = await service.sql.query<{ id: string }>('SELECT id FROM user_service.users ORDER BY id');
  users = rows.map(({ id }) => id);
  await service.sql.query(
    `INSERT INTO user_service.sessions (id, user_id, epoch, amr, acr, auth_time, created_at, last_seen_at, expires_at)
     SELECT $1, id, security_epoch, '{pwd}', '1', now(), now(), now(), now() + interval '1 day'
       FROM user_service.users WHERE id = $2`,
    [SESSION, users[0]],
  );
});
afterAll(() => service.close());

describePasskeys('PostgreSQL', async (): Promise<PasskeyPorts> => {
  const { app, sql } = service;
  await sql.query('TRUNCATE user_service.mfa_factors, user_service.passkey_challenges, user_service.outbox');
  const [userId = '', otherUserId = ''] = users;
  return {
    uow: app.get(UnitOfWork, { strict: false }),
    passkeys: app.get(Passkeys, { strict: false }),
    challenges: app.get(PasskeyChallenges, { strict: false }),
    userId,
    otherUserId,
    published: async () => {
      const rows = await sql.query<{ type: string }>(
        `SELECT payload->>'type' AS type FROM user_service.outbox WHERE topic = 'audit' ORDER BY id`,
      );
      return rows.map(({ type }) => type);
    },
    close: async () => undefined,
  };
});
