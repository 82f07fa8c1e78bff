import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { FOR_SERVICES, operationsOf, PUBLIC } from '../support/attack-surface.js';
import { problemFaults } from '../support/problem-check.js';
import { send, type HeaderLines } from '../support/raw-http.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let token: string;

beforeAll(async () => {
  app = await startTestApp();
  token = (await app.api.signedInUser()).accessToken;
});
afterAll(() => app.close());

const b64 = (text: string): string => Buffer.from(text).toString('base64url');
const NESTED = '{"a":'.repeat(2_000) + '1' + '}'.repeat(2_000);

/** By name, the values of one or more `Authorization` headers; `good` is a live access token. */
function malformed(good: string): Readonly<Record<string, readonly string[]>> {
  const [head = '', payload = '', signature = ''] = good.split('.');
  return {
    'no value': [''],
    'the scheme alone': ['Bearer'],
    'the scheme and a space': ['Bearer '],
    'a tab for the space': [`Bearer\t${good}`],
    'no space': [`Bearer${good}`],
    'no scheme': [good],
    'another scheme': [`Basic ${good}`],
    'Basic credentials': [`Basic ${Buffer.from('user:password').toString('base64')}`],
    'a scheme that begins like it': [`BearerX ${good}`],
    'two tokens': [`Bearer ${good} ${good}`],
    'a list': [`Bearer ${good}, Bearer ${good}`],
    'two headers, both good': [`Bearer ${good}`, `Bearer ${good}`],
    'two headers, the second good': ['Bearer bad', `Bearer ${good}`],
    'an API key beside': ['ApiKey usk_abc'],
    'not ASCII': ['Bearer \u00fc\u00e9\u0080'],
    'UTF-8 as Latin-1': [`Bearer ${Buffer.from('토큰').toString('latin1')}`],
    'one part': [`Bearer ${head}`],
    'two parts': [`Bearer ${head}.${payload}`],
    'four parts': [`Bearer ${good}.${signature}`],
    'five parts': [`Bearer ${good}.a.b`],
    'empty parts': ['Bearer ..'],
    dots: [`Bearer ${'.'.repeat(2_000)}`],
    'no signature': [`Bearer ${head}.${payload}.`],
    'no base64url': [`Bearer ${head}.${payload}.+/+/==`],
    padding: [`Bearer ${good}==`],
    'a header that is no JSON': [`Bearer ${b64('nonsense')}.${payload}.${signature}`],
    'a header that is null': [`Bearer ${b64('null')}.${payload}.${signature}`],
    'a header that is a list': [`Bearer ${b64('[]')}.${payload}.${signature}`],
    'a header that is a number': [`Bearer ${b64('1')}.${payload}.${signature}`],
    'a payload that is null': [`Bearer ${head}.${b64('null')}.${signature}`],
    'a payload nested deeply': [`Bearer ${head}.${b64(NESTED)}.${signature}`.slice(0, 15_000)],
    'a header nested deeply': [`Bearer ${b64(NESTED)}`.slice(0, 12_000) + `.${payload}.${signature}`],
    'a prototype': [`Bearer ${b64('{"__proto__":{"alg":"HS512"},"constructor":1}')}.${payload}.${signature}`],
    'odd types': [`Bearer ${b64('{"alg":["HS512"],"kid":{"a":1},"typ":7}')}.${payload}.${signature}`],
    'an undefined': ['Bearer undefined'],
    'a quoted token': [`Bearer "${good}"`],
  };
}

describe('TK-13 A malformed Authorization header', () => {
  it('is 401 invalid_token on every protected route, and never more than that', async () => {
    const guarded = operationsOf(app).filter(({ name }) => ![...PUBLIC, ...FOR_SERVICES].includes(name));
    expect(guarded.length).toBeGreaterThanOrEqual(3);
    const wrong: string[] = [];
    for (const { method, path, name } of guarded) {
      for (const [what, values] of Object.entries(malformed(token))) {
        const headers: HeaderLines = values.map((value) => ['Authorization', value] as const);
        const answer = await send(app.url, { method, target: path, headers });
        const faults = problemFaults(answer, { status: 401, code: 'token_invalid' });
        if (answer.headers.get('www-authenticate') !== 'Bearer error="invalid_token"') faults.push('challenge');
        if (faults.length > 0) wrong.push(`${name}, ${what}: ${faults.join('; ')}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(app.logs().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });

  it('of 64 kB is refused before anything reads it', async () => {
    const headers: HeaderLines = [['Authorization', `Bearer ${'a'.repeat(65_536)}`]];
    const answer = await send(app.url, { target: '/api/v1/users/me', headers });
    expect(problemFaults(answer, { status: 431, code: 'headers_too_large' })).toEqual([]);
  });

  it.each(['\0', '\x01', '\x7f'])('with the control character %j never reaches a route', async (character) => {
    const headers: HeaderLines = [['Authorization', `Bearer a${character}b`]];
    const { status } = await send(app.url, { target: '/api/v1/users/me', headers });
    expect([400, 401]).toContain(status);
  });

  it('leaves the good token good, with the scheme in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
      const headers: HeaderLines = [['authorization', `${scheme} ${token}`]];
      expect((await send(app.url, { target: '/api/v1/users/me', headers })).status).toBe(200);
    }
  });

  it('a token anywhere else is no token', async () => {
    const get = (target: string, headers: HeaderLines = []) => send(app.url, { target, headers });
    const answers = await Promise.all([
      get(`/api/v1/users/me?access_token=${token}`),
      get(`/api/v1/users/me?token=${token}`),
      get('/api/v1/users/me', [['Cookie', `access_token=${token}; token=${token}`]]),
      get('/api/v1/users/me', [['X-Access-Token', token]]),
      get('/api/v1/users/me', [['X-Authorization', `Bearer ${token}`]]),
      get('/api/v1/users/me', [['Proxy-Authorization', `Bearer ${token}`]]),
    ]);
    for (const answer of answers) expect(problemFaults(answer, { status: 401, code: 'token_missing' })).toEqual([]);
  });
  it('names that a proxy might set sign nobody in', async () => {
    const { userId: id } = await app.api.signedInUser();
    for (const name of ['X-User-ID', 'X-User-Id', 'X-Remote-User', 'Remote-User', 'X-Forwarded-User', 'X-Auth-User']) {
      const headers: HeaderLines = [
        [name, id],
        ['X-User-Roles', 'admin'],
        ['X-Session-Id', id],
      ];
      const answer = await send(app.url, { target: '/api/v1/users/me', headers });
      expect(problemFaults(answer, { status: 401, code: 'token_missing' })).toEqual([]);
    }
  });
});
