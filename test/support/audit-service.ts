import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { BATCH_CONTENT_TYPE } from '#platform/audit-chain';
import { createLogger } from '#platform/logging';

import { loadAuditConfig } from '../../apps/audit-service/src/config.js';
import { createAuditApp } from '../../apps/audit-service/src/create-app.js';
import type { Answer } from './api-client.js';
import { createAuditDatabase, openSql, type Sql, type TestDatabase } from './test-database.js';

const TIMEOUT_MS = 30_000;

/** The reference Audit Service inside of the test's process, on a database of its own. */
export interface TestAuditService {
  readonly app: NestFastifyApplication;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly key: string;
  readonly database: TestDatabase;
  /** As the service's own role, past the service. */
  readonly sql: Sql;
  /** As superuser. */
  readonly superuser: Sql;
  readonly logText: () => string;
  /** Sends a batch as the sender does; `packed` by gzip. */
  send(events: unknown, options?: { packed?: boolean; key?: string; type?: string }): Promise<Answer>;
  /** With the key, unless told other headers. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  post(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): Promise<void>;
}

export async function startAuditService(overrides: Readonly<Record<string, string>> = {}): Promise<TestAuditService> {
  const database = await createAuditDatabase();
  const key = randomBytes(32).toString('hex');
  const config = loadAuditConfig({
    DEBUG: 'true',
    AUDIT_DATABASE_URL: database.url,
    AUDIT_SERVICE_API_KEY: key,
    AUDIT_VERIFY_SECONDS: '0',
    ...overrides,
  });
  const lines: string[] = [];
  const logger = createLogger(
    { level: config.logLevel, service: 'audit-service', version: '0.0.0' },
    { write: (line: string) => void lines.push(line) },
  );
  const app = await createAuditApp(config, logger);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  const [sql, superuser] = [await openSql(database.url), await openSql(database.adminUrl)];
  return {
    app,
    url,
    key,
    database,
    sql,
    superuser,
    logText: () => lines.join(''),
    send: (events, { packed = false, key: sent = key, type = BATCH_CONTENT_TYPE } = {}) => {
      const text = typeof events === 'string' ? events : JSON.stringify(events);
      return call(`${url}/api/v1/events`, {
        method: 'POST',
        headers: { 'content-type': type, 'x-api-key': sent, ...(packed && { 'content-encoding': 'gzip' }) },
        body: packed ? gzipSync(text) : text,
      });
    },
    get: (path, headers = { 'x-api-key': key }) => call(`${url}${path}`, { headers }),
    post: (path, headers = { 'x-api-key': key }) => call(`${url}${path}`, { method: 'POST', headers }),
    close: async () => {
      await Promise.all([sql.close(), superuser.close()]);
      app.getHttpServer().closeAllConnections();
      await app.close();
      await database.drop();
    },
  };
}

async function call(url: string, request: RequestInit): Promise<Answer> {
  const answer = await fetch(url, { ...request, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true;
  const body = isJson ? (JSON.parse(text) as Answer['body']) : {};
  return { status: answer.status, headers: answer.headers, body, text };
}
