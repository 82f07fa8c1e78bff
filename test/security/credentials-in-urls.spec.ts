import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { PASSWORD } from '../support/api-client.js';
import { send } from '../support/raw-http.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

describe('LG-10 Credentials in an address', () => {
  it('sign nobody in, and are nowhere in the log', async () => {
    const email = await app.api.verifiedUser();
    const { refreshToken, accessToken } = await app.api.signIn(email);
    const query = new URLSearchParams({ email, password: PASSWORD, refreshToken, access_token: accessToken });
    const paths = ['/api/v1/auth/login', '/api/v1/auth/refresh', '/login', '/api/v1/users/me', '/api/v1/auth/logout'];
    for (const path of paths) {
      for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
        const { status, text } = await send(app.url, { method, target: `${path}?${query.toString()}` });
        expect([204, 400, 401, 404, 405]).toContain(status);
        expect(text).not.toContain('accessToken');
      }
    }
    const form = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
    const posted = await send(app.url, { method: 'POST', target: paths[0]!, headers: form, body: query.toString() });
    expect(posted.status).toBe(415);
    for (const secret of [email, encodeURIComponent(email), PASSWORD, refreshToken, accessToken, 'access_token', '?']) {
      expect(app.logText()).not.toContain(secret);
    }
    // None of it used the tokens up.
    expect((await app.api.me(accessToken)).status).toBe(200);
    expect((await app.api.refresh(refreshToken)).status).toBe(200);
  });
});
