import { afterAll, beforeAll } from '@jest/globals';

import { UnitOfWork } from '#kernel';

import { UserRepository } from '../../libs/identity/src/application/ports.js';
import { aUser } from '../../libs/identity/testing/builders.js';
import { RefreshTokens, SessionLiveness, SessionRepository } from '../../libs/session/src/application/ports.js';
import { describeRefreshTokens } from '../../libs/session/testing/refresh-tokens.contract.js';
import type { SessionPorts } from '../../libs/session/testing/session-ports.js';
import { describeSessionRepository } from '../../libs/session/testing/session-repository.contract.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let service: TestApp;

beforeAll(async () => {
  service = await startTestApp();
});
afterAll(() => service.close());

async function postgresSessionPorts(): Promise<SessionPorts> {
  const { app, sql } = service;
  await sql.query('TRUNCATE user_service.users, user_service.outbox CASCADE');
  const uow = app.get(UnitOfWork, { strict: false });
  await uow.run(() => app.get(UserRepository, { strict: false }).add(aUser()));
  return {
    uow,
    sessions: app.get(SessionRepository, { strict: false }),
    liveness: app.get(SessionLiveness, { strict: false }),
    refreshTokens: app.get(RefreshTokens, { strict: false }),
    raiseEpoch: async () => {
      await sql.query('UPDATE user_service.users SET security_epoch = security_epoch + 1, version = version + 1');
    },
    published: async () => {
      const rows = await sql.query<{ type: string }>(
        `SELECT payload->>'type' AS type FROM user_service.outbox WHERE topic = 'audit' ORDER BY id`,
      );
      return rows.map(({ type }) => type);
    },
    close: async () => undefined,
  };
}

describeSessionRepository('PostgreSQL', postgresSessionPorts);
describeRefreshTokens('PostgreSQL', postgresSessionPorts);
