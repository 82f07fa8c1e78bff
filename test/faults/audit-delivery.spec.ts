import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { AuditStub } from '../support/audit-stub.js';
import { freshEmail } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const KEY = 'audit-key-of-the-test-with-32-chars';

let stub: AuditStub;
let app: TestApp;

beforeAll(async () => {
  stub = await AuditStub.start();
  app = await startTestApp({ AUDIT_SERVICE_URL: stub.url, AUDIT_SERVICE_API_KEY: KEY, AUDIT_TIMEOUT_MS: '1000' });
});
afterEach(async () => {
  await stub.become('ok');
  await drained();
});
afterAll(async () => {
  await app.close();
  await stub.close();
});

const left = async (): Promise<number> =>
  (await app.sql.query(`SELECT 1 FROM user_service.outbox WHERE topic = 'audit'`)).length;

const drained = () => waitFor(async () => (await left()) === 0, { what: 'an empty outbox', timeoutMs: 60_000 });

describe('AU-04 What was committed', () => {
  it('reaches the Audit Service', async () => {
    const email = freshEmail();
    await app.api.register(email);
    await drained();

    expect(stub.events.map(({ type }) => type)).toContain('identity.registered');
    expect(stub.report().violations).toEqual([]);
  });
});
