import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createApiKey } from '../support/api-keys.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const LIMIT = 20;
const INTROSPECT = '/api/v1/oauth/introspect';

let test: TestApp;

beforeAll(async () => {
  test = await startTestApp({ RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_PER_MINUTE: String(LIMIT) });
});
afterAll(() => test.close());

async function introspect(key: string): Promise<number> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-api-key': key };
  return (await test.api.call('POST', INTROSPECT, { body: 'token=x', headers })).status;
}

describe('AK-05 The requests of an API key', () => {
  it('are counted on the key, exactly, however many come at once', async () => {
    const [key, other] = [await createApiKey(test, 'tokens:introspect'), await createApiKey(test, 'tokens:introspect')];
    // Nobody knows the key yet when it comes for the first time: that request counts on the address.
    expect([await introspect(key), await introspect(other)]).toEqual([200, 200]);
    const statuses = await Promise.all(Array.from({ length: 3 * LIMIT }, () => introspect(key)));

    expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT);
    expect(statuses.filter((status) => status === 429)).toHaveLength(2 * LIMIT);
    expect(await introspect(other)).toBe(200);
  });
});
