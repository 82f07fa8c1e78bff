import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as oauth from 'oauth4webapi';

import { createApiKey } from '../support/api-keys.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const client: oauth.Client = { client_id: 'a-resource-server' };

const BASE = 'https://id.example.com';

let test: TestApp;
let server: oauth.AuthorizationServer;
let withKey: oauth.ClientAuth;

/** What the library sends to the public base goes to the instance at hand. */
const options = {
  [oauth.customFetch]: (url: string, request: oauth.CustomFetchOptions<string, URLSearchParams | undefined>) =>
    fetch(url.replace(BASE, test.url), { ...request, body: request.body ?? null }),
};

/** The key goes into a header of its own, beside whatever else the library sends. */
const keyed =
  (key: string): oauth.ClientAuth =>
  (_server, { client_id }, body, headers) => {
    body.set('client_id', client_id);
    headers.set('x-api-key', key);
  };

beforeAll(async () => {
  test = await startTestApp({ PUBLIC_BASE_URL: BASE });
  withKey = keyed(await createApiKey(test, 'tokens:introspect', 'tokens:revoke'));
  const found = await oauth.discoveryRequest(new URL(BASE), {
    algorithm: 'oauth2',
    [oauth.customFetch]: (url) => fetch(url.replace(BASE, test.url)),
  });
  server = await oauth.processDiscoveryResponse(new URL(BASE), found);
});
afterAll(() => test.close());

async function introspect(token: string): Promise<oauth.IntrospectionResponse> {
  const response = await oauth.introspectionRequest(server, client, withKey, token, options);
  return oauth.processIntrospectionResponse(server, client, response);
}

function revocation(token: string, auth = withKey): Promise<Response> {
  return oauth.revocationRequest(server, client, auth, token, options);
}

describe('A client of OAuth that somebody else wrote', () => {
  it('TK-12 introspects, revokes, and introspects again', async () => {
    const { accessToken, refreshToken, userId } = await test.api.signedInUser();
    expect(await introspect(accessToken)).toMatchObject({ active: true, sub: userId, iss: server.issuer });
    expect(await introspect(refreshToken)).toEqual({ active: false });

    await oauth.processRevocationResponse(await revocation(refreshToken));
    expect(await introspect(accessToken)).toEqual({ active: false });
    await oauth.processRevocationResponse(await revocation('never issued'));
  });

  it('understands what is refused', async () => {
    const refused = oauth.processRevocationResponse(await revocation('x', oauth.None()));

    await expect(refused).rejects.toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
    await expect(refused).rejects.toMatchObject({ status: 401, cause: [{ scheme: 'apikey' }] });
  });
});
