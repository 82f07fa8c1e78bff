import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { SignedIn } from '../support/api-client.js';
import { expectUnauthorized } from '../support/expectations.js';
import { decodeJwt, forgeJwt } from '../support/jwt.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let user: SignedIn & { readonly email: string };

beforeAll(async () => {
  app = await startTestApp();
  user = await app.api.signedInUser();
});

afterAll(async () => {
  await app.close();
});

/** One request as it is written, for headers that `fetch` would not send. */
function raw(lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
    socket.on('close', () => {
      resolve(text);
    });
    socket.on('error', reject);
    socket.write(
      `GET /api/v1/users/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines.join('\r\n')}\r\n\r\n`,
      'latin1',
    );
  });
}

describe('TK-13 A malformed Authorization header is a 401', () => {
  const dot = (...parts: string[]): string => parts.map((part) => Buffer.from(part).toString('base64url')).join('.');
  const bomb = `{"a":`.repeat(5_000) + '1' + '}'.repeat(5_000);

  it.each([
    ['the scheme alone', 'Bearer'],
    ['the scheme and blanks', 'Bearer    '],
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['an unknown scheme', 'Whatever abc'],
    ['no scheme', 'eyJhbGciOiJIUzUxMiJ9.e30.x'],
    ['nothing', ''],
    ['one part', 'Bearer abc'],
    ['two parts', 'Bearer abc.def'],
    ['four parts', `Bearer ${dot('{"alg":"HS512"}', '{}', 'x', 'y')}`],
    ['empty parts', 'Bearer ..'],
    ['bad base64', 'Bearer !!!.###.$$$'],
    ['a header that is no JSON', `Bearer ${dot('nope', '{}', 'x')}`],
    ['a header that is null', `Bearer ${dot('null', '{}', 'x')}`],
    ['a header that is a number', `Bearer ${dot('7', '{}', 'x')}`],
    ['a payload that is no JSON', `Bearer ${dot('{"alg":"HS512"}', 'nope', 'x')}`],
    ['a JSON bomb', `Bearer ${dot('{"alg":"HS512","typ":"at+jwt"}', bomb.slice(0, 6_000), 'x')}`],
    ['two tokens', 'Bearer abc def'],
    ['a comma list', 'Bearer abc, Bearer def'],
  ])('%s', async (_what, authorization) => {
    const answer = await app.api.get('/api/v1/users/me', { headers: { authorization } });

    expectUnauthorized(answer, 'token_invalid');
  });

  it('signed text that is no JSON object', async () => {
    for (const payload of ['nope', 'null', '7', '"x"', '[]', bomb.slice(0, 6_000)]) {
      const { header } = decodeJwt(user.accessToken);
      expectUnauthorized(await app.api.me(forgeJwt(header, payload, app.env['JWT_SECRET']!)), 'token_invalid');
    }
  });

  it('two headers, even when both are good', async () => {
    const good = `Authorization: Bearer ${user.accessToken}`;

    const answer = await raw([good, good]);

    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toMatch(/\r\nwww-authenticate: Bearer error="invalid_token"\r\n/i);
  });

  it('bytes that are not ASCII', async () => {
    expect(await raw(['Authorization: Bearer \xe9\xff\xc3\xa9'])).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('64 kB', async () => {
    const answer = await raw([`Authorization: Bearer ${'a'.repeat(65_536)}`]);

    expect(answer).toMatch(/^HTTP\/1\.1 (401|431) /);
    expect((await app.api.me(user.accessToken)).status).toBe(200);
  });

  it('none at all asks for a token without an error (RFC 6750 §3.1)', async () => {
    expectUnauthorized(await app.api.get('/api/v1/users/me'), 'token_missing');
    expectUnauthorized(await app.api.call('POST', '/api/v1/auth/logout'), 'token_missing');
    const korean = { headers: { 'accept-language': 'ko' } };
    expectUnauthorized(await app.api.get('/api/v1/users/me', korean), 'token_missing');
  });
});
