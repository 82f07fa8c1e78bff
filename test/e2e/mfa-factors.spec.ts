import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { expectUnauthorized } from '../support/expectations.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const MFA = '/api/v1/users/me/mfa';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

describe('What I can prove a second factor by', () => {
  it('is nothing at first', async () => {
    const { accessToken } = await app.api.signedInUser();
    const answer = await app.api.get(MFA, { token: accessToken });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({ totp: { enabled: false }, passkeys: [], recoveryCodesLeft: 0 });
  });

  it('is told to nobody else', async () => {
    expectUnauthorized(await app.api.get(MFA), 'token_missing');
  });
});
