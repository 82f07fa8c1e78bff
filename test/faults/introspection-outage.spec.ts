import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Answer, SignedIn } from '../support/api-client.js';
import { createApiKey } from '../support/api-keys.js';
import { problemFaults } from '../support/problem-check.js';
import { TcpProxy, through } from '../support/tcp-proxy.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

let home: TestApp;
let wire: TcpProxy;
/** A second instance, whose way to PostgreSQL can be cut. */
let cut: TestApp;
let key: string;
let unseenKey: string;
let seen: SignedIn;
let unseen: SignedIn;

function call(api: TestApp, path: string, token: string, apiKey = key): Promise<Answer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-api-key': apiKey };
  return api.api.call('POST', `/api/v1/oauth/${path}`, { body: new URLSearchParams({ token }).toString(), headers });
}

function verify(token: string): Promise<Answer> {
  return cut.api.get('/api/v1/gateway/verify', { token, headers: { 'x-api-key': key } });
}

describe('I9, I10 While PostgreSQL cannot be reached', () => {
  beforeAll(async () => {
    home = await startTestApp();
    const { hostname: host, port } = new URL(home.database.url);
    wire = await TcpProxy.start({ host, port: Number(port) });
    cut = await startTestApp({ DATABASE_URL: through(wire, home.database.url) }, home);
    [key, unseenKey] = [
      await createApiKey(home, 'tokens:introspect', 'tokens:revoke'),
      await createApiKey(home, 'tokens:introspect'),
    ];
    [seen, unseen] = [await home.api.signedInUser(), await home.api.signedInUser()];
    expect((await call(cut, 'introspect', seen.accessToken)).body['active']).toBe(true);
    await wire.refuse();
  });
  afterAll(async () => {
    await wire.restore();
    await cut.close();
    await wire.refuse();
    await home.close();
  });

  it('a token and a key that were good a moment ago stay good', async () => {
    const answer = await call(cut, 'introspect', seen.accessToken);

    expect([answer.status, answer.body['active']]).toEqual([200, true]);
    expect((await verify(seen.accessToken)).status).toBe(204);
  });

  it('TK-12 a token of which nothing is known is not called dead', async () => {
    const answer = await call(cut, 'introspect', unseen.accessToken);
    expect(problemFaults(answer, { status: 503 })).toEqual([]);
    expect(answer.body['error']).toBe('temporarily_unavailable');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);

    expect((await verify(unseen.accessToken)).status).toBe(503);
  });

  it('AK-03 a key of which nothing is known is not called wrong', async () => {
    const answer = await call(cut, 'introspect', seen.accessToken, unseenKey);
    expect(problemFaults(answer, { status: 503 })).toEqual([]);
  });

  it('a forged token is refused all the same: nobody has to be asked', async () => {
    expect((await call(cut, 'introspect', 'forged')).text).toBe('{"active":false}');
    expect((await verify('forged')).status).toBe(401);
  });

  it('a revocation is not confirmed, and works when it is tried again', async () => {
    const refused = await call(cut, 'revoke', seen.accessToken);
    expect(problemFaults(refused, { status: 503 })).toEqual([]);
    await wire.restore();
    const again = await waitFor(async () => {
      const answer = await call(cut, 'revoke', seen.accessToken);
      return answer.status === 200 ? answer : undefined;
    });

    expect(again.text).toBe('');
    expect((await call(cut, 'introspect', seen.accessToken)).text).toBe('{"active":false}');
  });
});
