import { afterAll, beforeAll } from '@jest/globals';

import { UnitOfWork } from '#kernel';
import { Database } from '#platform/persistence';

import { ApiKeyQueries, ApiKeyRepository } from '../../libs/identity/src/application/api-key-ports.js';
import { OneTimeTokens, UserQueries, UserRepository } from '../../libs/identity/src/application/ports.js';
import { SignInAttempts } from '../../libs/identity/src/application/sign-in-attempts.js';
import type { Consent } from '../../libs/identity/src/domain/user.js';
import { describeApiKeys } from '../../libs/identity/testing/api-keys.contract.js';
import type { IdentityPorts } from '../../libs/identity/testing/identity-ports.js';
import { describeOneTimeTokens } from '../../libs/identity/testing/one-time-tokens.contract.js';
import { describeSignInAttempts } from '../../libs/identity/testing/sign-in-attempts.contract.js';
import { describeUserQueries } from '../../libs/identity/testing/user-queries.contract.js';
import { describeUserRepository } from '../../libs/identity/testing/user-repository.contract.js';
import { describeUnitOfWork } from '../../libs/platform/testing/unit-of-work.contract.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let service: TestApp;

beforeAll(async () => {
  service = await startTestApp();
});
afterAll(() => service.close());

async function published(): Promise<string[]> {
  const rows = await service.sql.query<{ type: string }>(
    `SELECT payload->>'type' AS type FROM user_service.outbox WHERE topic = 'audit' ORDER BY id`,
  );
  return rows.map(({ type }) => type);
}

async function empty(): Promise<void> {
  await service.sql.query(
    'TRUNCATE user_service.sign_in_attempts, user_service.users, user_service.api_keys, user_service.outbox CASCADE',
  );
}

async function postgresIdentityPorts(): Promise<IdentityPorts> {
  await empty();
  const { app, sql } = service;
  return {
    uow: app.get(UnitOfWork, { strict: false }),
    users: app.get(UserRepository, { strict: false }),
    queries: app.get(UserQueries, { strict: false }),
    tokens: app.get(OneTimeTokens, { strict: false }),
    attempts: app.get(SignInAttempts, { strict: false }),
    apiKeys: app.get(ApiKeyRepository, { strict: false }),
    apiKeyQueries: app.get(ApiKeyQueries, { strict: false }),
    published,
    consentsOf: (userId) =>
      sql.query<Consent>(
        `SELECT purpose, version, granted FROM user_service.consents WHERE user_id = $1 ORDER BY decided_at, id`,
        [userId],
      ),
    close: async () => undefined,
  };
}

describeUserRepository('PostgreSQL', postgresIdentityPorts);
describeUserQueries('PostgreSQL', postgresIdentityPorts);
describeSignInAttempts('PostgreSQL', postgresIdentityPorts);
describeOneTimeTokens('PostgreSQL', postgresIdentityPorts);
describeApiKeys('PostgreSQL', postgresIdentityPorts);

describeUnitOfWork('PostgreSQL', async () => {
  await empty();
  const { app, sql } = service;
  const database = app.get(Database, { strict: false });
  return {
    uow: app.get(UnitOfWork, { strict: false }),
    write: async (key) => {
      await database.query(
        `INSERT INTO user_service.idempotency_keys (key_hash, route, caller, request_hash, expires_at)
         VALUES ('', $1, '', '', now())`,
        [key],
      );
    },
    written: async () => {
      const rows = await sql.query<{ route: string }>('SELECT route FROM user_service.idempotency_keys ORDER BY route');
      return rows.map(({ route }) => route);
    },
    published,
    close: async () => undefined,
  };
});
