import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { createLogger } from '#platform/logging';

import { loadConfig } from '../../apps/user-service/src/config.js';
import { createApp } from '../../apps/user-service/src/create-app.js';
import { ApiClient } from './api-client.js';
import { mailsIn, type ReceivedMail } from './mails.js';
import { createTestDatabase, openSql, type Sql, type TestDatabase } from './test-database.js';
import { waitFor } from './wait.js';

export type LogLine = Readonly<Record<string, unknown>>;

/** The whole service inside of the test's process, on a database of its own. */
export interface TestApp {
  readonly app: NestFastifyApplication;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly api: ApiClient;
  /** As the service's own role, past the service. */
  readonly sql: Sql;
  readonly database: TestDatabase;
  /** The environment it was started with. */
  readonly env: Readonly<Record<string, string>>;
  /** Every line it logged, as it was written. */
  readonly logText: () => string;
  readonly logs: () => LogLine[];
  /** Every mail so far, oldest first; `to` picks those to one address. */
  mails(to?: string): Promise<ReceivedMail[]>;
  /** Waits until at least `count` mails went to that address, and returns the newest. */
  mail(to: string, count?: number): Promise<ReceivedMail>;
  /** Waits until nothing is left to be sent. */
  mailsSent(): Promise<void>;
  close(): Promise<void>;
}

/** What every test of the whole service runs with: debug mode, no rate limit, no time floor, real Argon2id. */
export function testEnvironment(databaseUrl: string, mailDirectory: string): Record<string, string> {
  return {
    DEBUG: 'true',
    LOG_LEVEL: 'debug',
    PUBLIC_BASE_URL: 'http://localhost:8000',
    DATABASE_URL: databaseUrl,
    JWT_SECRET: randomBytes(64).toString('hex'),
    DATA_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    BLIND_INDEX_KEY: randomBytes(32).toString('base64'),
    MAIL_DIR: mailDirectory,
    RATE_LIMIT_ENABLED: 'false',
    // Administrators of tests that are not about it need no second factor.
    MFA_REQUIRED_ROLES: 'none',
    REGISTRATION_TIME_FLOOR_MS: '0',
    SIGN_IN_TIME_FLOOR_MS: '0',
    // Every test signs in from one address.
    SIGN_IN_FAILURES_OF_SOURCE: '100000',
    // Discard (RFC 863): nobody listens there on a test machine, so events stay in the outbox for tests to look at.
    AUDIT_SERVICE_URL: 'http://127.0.0.1:9',
    AUDIT_SPOOL_DIR: join(mailDirectory, 'audit-spool'),
  };
}

/** A hundred requests at once share fifteen connections and two cores: none gives up because the machine is busy. */
const PATIENCE = { DATABASE_CONNECT_TIMEOUT_MS: '10000', PASSWORD_HASH_CONCURRENCY: '128' };

/**
 * Starts the service; `overrides` are environment variables on top of the test's usual ones.
 *
 * `beside` makes it another instance of the same deployment: same database, keys and mail directory, its own port and
 * memory. Close it before the one it stands beside, which drops the database. `startTestApp({}, other)`.
 */
export async function startTestApp(
  overrides: Readonly<Record<string, string>> = {},
  beside?: TestApp,
): Promise<TestApp> {
  const database = beside?.database ?? (await createTestDatabase());
  const mailDirectory = beside?.env['MAIL_DIR'] ?? (await mkdtemp(join(tmpdir(), 'mails-')));
  const env = { ...(beside?.env ?? { ...testEnvironment(database.url, mailDirectory), ...PATIENCE }), ...overrides };
  const config = loadConfig(env);
  const lines: string[] = [];
  const logger = createLogger(
    { level: config.logging.level, service: 'user-service', version: '0.0.0' },
    { write: (line: string) => void lines.push(line) },
  );
  const app = await createApp(config, logger);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  const sql = await openSql(database.url);
  const mails = (to?: string): Promise<ReceivedMail[]> => mailsIn(mailDirectory, to);
  const mail = async (to: string, count = 1): Promise<ReceivedMail> => {
    const arrived = async (): Promise<ReceivedMail | undefined> => (await mails(to)).slice(count - 1).at(-1);
    return waitFor(arrived, { what: `${count} mail(s) to ${to}` });
  };
  const close = async (): Promise<void> => {
    await sql.close();
    app.getHttpServer().closeAllConnections();
    await app.close();
    if (beside !== undefined) return;
    await database.drop();
    await rm(mailDirectory, { recursive: true, force: true });
  };
  return {
    app,
    url,
    api: new ApiClient(url, (address, count) => mail(address, count)),
    sql,
    database,
    env,
    logText: () => lines.join(''),
    logs: () => lines.map((line) => JSON.parse(line) as LogLine),
    mails,
    mail,
    mailsSent: async () => {
      const left = `SELECT 1 FROM user_service.outbox WHERE topic = 'mail'
        UNION ALL SELECT 1 FROM user_service.recovery_requests`;
      await waitFor(async () => (await sql.query(left)).length === 0, { what: 'the mail queue to be empty' });
    },
    close,
  };
}
