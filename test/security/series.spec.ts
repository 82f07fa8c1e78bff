import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { send, type HeaderLines } from '../support/raw-http.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const USERS = 2_000;
const PARALLEL = 8;

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ TRUSTED_PROXIES: '127.0.0.1', LOG_LEVEL: 'info' });
});
afterAll(() => app.close());

/** Names and labels of all series but those of Node itself, which come when it first collects garbage; no values. */
async function series(): Promise<string[]> {
  const { text } = await send(app.url, { target: '/metrics' });
  const samples = text.split('\n').filter((line) => line !== '' && !/^(#|nodejs_)/.test(line));
  return samples.map((line) => line.slice(0, line.lastIndexOf(' '))).sort();
}

/** What one of many callers asks, each in words of their own. */
async function visit(index: number): Promise<void> {
  const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  const headers: HeaderLines = [
    ['X-Forwarded-For', address],
    ['User-Agent', `agent-${index}`],
    ['Authorization', `Bearer a${index}.b${index}.c${index}`],
    ['X-Request-Id', `request-of-user-${index}`],
    ['Content-Type', 'application/json'],
  ];
  const email = `user${index}@host${index}.example`;
  const requests = [
    { method: 'GET', target: `/user/${index}?token=${index}` },
    { method: 'GET', target: '/api/v1/users/me' },
    { method: 'POST', target: '/api/v1/auth/verify-email/resend', body: JSON.stringify({ email }) },
    { method: 'POST', target: '/api/v1/auth/verify-email', body: JSON.stringify({ token: `token-${index}` }) },
    { method: `PURGE`, target: `/docs/${index}` },
  ];
  await send(app.url, { ...requests[index % requests.length]!, headers });
}

describe('LO-05 The figures', () => {
  it(`do not grow with the number of callers: ${USERS} of them`, async () => {
    for (let index = 0; index < 10; index += 1) await visit(index);
    // What is counted in the background comes a moment after the start.
    const isCounted = async (): Promise<boolean> => (await series()).some((name) => /^password_hashes_/.test(name));
    await waitFor(isCounted, { timeoutMs: 30_000, what: 'the outdated hashes to be counted' });
    const before = await series();
    const indexes = Array.from({ length: USERS }, (_, index) => index + 10).values();
    const visitor = async (): Promise<void> => {
      for (const index of indexes) await visit(index);
    };
    await Promise.all(Array.from({ length: PARALLEL }, visitor));
    const after = await series();
    expect(after.filter((name) => !before.includes(name))).toEqual([]);
    expect(after.length).toBeLessThan(2_000);
    expect(after.join('\n')).not.toMatch(/user\d|@|10\.0\.|agent-|token-/);
  });
});
