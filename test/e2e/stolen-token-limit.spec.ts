import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { startTestApp, type TestApp } from '../support/test-app.js';

const LIMIT = 20;

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_PER_MINUTE: String(LIMIT),
    TRUSTED_PROXIES: '127.0.0.1',
  });
});
afterAll(() => app.close());

it('LG-06 the token of a session that ended spends nothing of what its owner may ask', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.77' };
  const theft = { 'x-forwarded-for': '198.51.100.66' };
  const stolen = await app.api.signedInUser();
  const own = await app.api.signIn(stolen.email);
  expect((await app.api.logout(stolen.accessToken)).status).toBe(204);

  const thefts: number[] = [];
  for (let n = 0; n < 2 * LIMIT; n += 1) {
    thefts.push((await app.api.get('/api/v1/users/me', { token: stolen.accessToken, headers: theft })).status);
  }

  expect(thefts.slice(0, LIMIT).every((status) => status === 401)).toBe(true);
  expect(thefts.at(-1)).toBe(429);
  expect((await app.api.get('/api/v1/users/me', { token: own.accessToken, headers })).status).toBe(200);
});
