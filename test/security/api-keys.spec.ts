import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freshEmail, type Answer, type SignedIn } from '../support/api-client.js';
import { createApiKey } from '../support/api-keys.js';
import { problemFaults } from '../support/problem-check.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const INTROSPECT = '/api/v1/oauth/introspect';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let test: TestApp;
let key: string;
let user: SignedIn;

beforeAll(async () => {
  test = await startTestApp();
  key = await createApiKey(test, 'tokens:introspect', 'tokens:revoke', 'users:read', 'gateway:verify');
  user = await test.api.signedInUser();
});
afterAll(() => test.close());

function ask(path: string, headers: Readonly<Record<string, string>> = {}, body = 'token=x'): Promise<Answer> {
  return test.api.call('POST', path, { body, headers: { ...FORM, ...headers } });
}

describe('AK-04 An API key', () => {
  it('opens what it is for', async () => {
    expect((await ask(INTROSPECT, { 'x-api-key': key })).status).toBe(200);
  });

  it.each([
    ['in the query', (k: string) => [`${INTROSPECT}?api_key=${k}&x-api-key=${k}&X-API-Key=${k}`, {}, undefined]],
    ['in the body', (k: string) => [INTROSPECT, {}, `token=x&api_key=${k}&client_secret=${k}&X-API-Key=${k}`]],
    ['as a bearer token', (k: string) => [INTROSPECT, { authorization: `Bearer ${k}` }, undefined]],
    ['as Basic credentials', (k: string) => [INTROSPECT, { authorization: `Basic ${btoa(`key:${k}`)}` }, undefined]],
    ['as a cookie', (k: string) => [INTROSPECT, { cookie: `X-API-Key=${k}` }, undefined]],
    ['twice', (k: string) => [INTROSPECT, { 'x-api-key': `${k}, ${k}` }, undefined]],
    ['in capitals', (k: string) => [INTROSPECT, { 'x-api-key': k.toUpperCase() }, undefined]],
    ['cut short', (k: string) => [INTROSPECT, { 'x-api-key': k.slice(0, -1) }, undefined]],
    ['empty', () => [INTROSPECT, { 'x-api-key': '' }, undefined]],
    [
      'with another secret',
      (k: string) => [INTROSPECT, { 'x-api-key': `${k.slice(0, -43)}${'b'.repeat(43)}` }, undefined],
    ],
    ['of nobody', (k: string) => [INTROSPECT, { 'x-api-key': `usk_aaaaaaaaaaaa_${k.slice(-43)}` }, undefined]],
    ['as SQL', () => [INTROSPECT, { 'x-api-key': "usk_' OR true --_x" }, undefined]],
  ] as const)('is refused %s', async (_where, request) => {
    const [path, headers, body] = (request as (k: string) => [string, Record<string, string>, string | undefined])(key);
    const answer = await ask(path, headers, body);

    expect(problemFaults(answer, { status: 401, code: 'api_key_invalid' })).toEqual([]);
    expect(answer.body['error']).toBe('invalid_client');
    expect(answer.headers.get('www-authenticate')).toBe('ApiKey');
    expect(answer.text).not.toContain(key.slice(-43));
  });

  it('is no user: neither as a bearer token nor beside one that is missing', async () => {
    for (const headers of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }]) {
      expect((await test.api.get('/api/v1/users/me', { headers })).status).toBe(401);
      expect((await test.api.call('POST', '/api/v1/auth/logout', { headers })).status).toBe(401);
    }
  });

  it('signs nobody in and renews nothing', async () => {
    expect((await test.api.login(freshEmail(), key)).status).toBe(401);
    expect((await test.api.refresh(key)).status).toBe(401);
  });

  it("is not replaced by a user's access token", async () => {
    for (const headers of [{ authorization: `Bearer ${user.accessToken}` }, { 'x-api-key': user.accessToken }]) {
      expect((await ask(INTROSPECT, headers)).body['code']).toBe('api_key_invalid');
    }
  });

  it('is looked at before the body: a stranger learns nothing about it', async () => {
    const strange = await test.api.call('POST', INTROSPECT, { body: '{', headers: { 'content-type': 'text/plain' } });
    expect(strange.body['code']).toBe('api_key_invalid');
  });
});

describe('AK-02 The scopes of a key', () => {
  it.each([
    ['tokens:introspect', '/api/v1/oauth/introspect'],
    ['tokens:revoke', '/api/v1/oauth/revoke'],
  ])('%s alone opens %s', async (scope, path) => {
    const all = ['tokens:introspect', 'tokens:revoke', 'users:read', 'gateway:verify'];
    const right = await createApiKey(test, scope);
    const others = await createApiKey(test, ...all.filter((each) => each !== scope));

    expect((await ask(path, { 'x-api-key': right })).status).toBe(200);
    expect((await ask(path, { 'x-api-key': others })).body['code']).toBe('insufficient_scope');
  });
});
