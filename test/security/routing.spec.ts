import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { BODIES, operationsOf, PUBLIC } from '../support/attack-surface.js';
import { leaksIn, problemFaults } from '../support/problem-check.js';
import { exchange, send, type HeaderLines } from '../support/raw-http.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const ME = '/api/v1/users/me';
const NAME = 'Canary Kim';
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'LOCK', 'QUERY', 'SEARCH'];
const OVERRIDES = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'];

let app: TestApp;
let token: string;

beforeAll(async () => {
  app = await startTestApp();
  const email = await app.api.verifiedUser({ displayName: NAME });
  token = (await app.api.signIn(email)).accessToken;
});
afterAll(() => app.close());

const bearer = (): HeaderLines => [['Authorization', `Bearer ${token}`]];

describe('HT-03 Methods', () => {
  it('that a path does not have are 405 with Allow, on every route and for every method', async () => {
    const routes = app.app.getHttpAdapter().getInstance().routeTable.entries();
    const wrong: string[] = [];
    for (const { template, methods } of routes) {
      const target = template.replace(':asset', 'swagger-ui.css');
      // `/passkeys/options` could be the id of a passkey, and is none: not found.
      const named = template.replace(/\/options$/, '/:id');
      const others = routes.filter((route) => route.template === named).flatMap((route) => route.methods);
      for (const method of METHODS.filter((name) => !methods.includes(name) && !others.includes(name))) {
        const answer = await send(app.url, { method, target, headers: bearer() });
        const allow = (answer.headers.get('allow') ?? '').split(', ');
        const lists = methods.every((name) => allow.includes(name)) && !allow.includes(method);
        const faults = problemFaults(answer, { status: 405, code: 'method_not_allowed' });
        if (faults.length > 0 || !lists) wrong.push(`${method} ${template}: ${answer.status} ${faults.join()}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('HEAD is there where GET is, and nowhere else, and has no body', async () => {
    for (const { template, methods } of app.app.getHttpAdapter().getInstance().routeTable.entries()) {
      const target = template.replace(':asset', 'swagger-ui.css');
      const { status, text } = await send(app.url, { method: 'HEAD', target });
      expect([template, status === 405, text]).toEqual([template, !methods.includes('GET'), '']);
    }
  });

  it('CONNECT opens no tunnel, and what is no method at all is 400', async () => {
    const { port } = new URL(app.url);
    const tunnel = await exchange(
      app.url,
      `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
    );
    expect(problemFaults(tunnel, { status: 405, code: 'method_not_allowed' })).toEqual([]);
    for (const method of ['FOO', 'get', 'G\tET', 'GET\0', 'ГЕТ']) {
      expect(problemFaults(await send(app.url, { method, target: ME }), { status: 400 })).toEqual([]);
    }
  });

  it('TRACE sends nothing back', async () => {
    const { status, text } = await send(app.url, { method: 'TRACE', target: ME, headers: [['X-Secret', 'canary']] });
    expect([status, text.includes('canary')]).toEqual([405, false]);
  });

  it.each(OVERRIDES)('cannot be exchanged by %s', async (header) => {
    const read = await send(app.url, { target: ME, headers: [...bearer(), [header, 'PATCH']] });
    expect([read.status, read.text.includes(NAME)]).toEqual([200, true]);
    const post = await send(app.url, { method: 'POST', target: ME, headers: [...bearer(), [header, 'GET']] });
    expect([post.status, post.text.includes(NAME)]).toEqual([405, false]);
    const inQuery = await send(app.url, { method: 'POST', target: `${ME}?_method=GET`, headers: bearer() });
    expect(inQuery.status).toBe(405);
  });
});

/** Other ways to write a path, for proxies and routers that disagree about what they mean. */
function spellings(path: string): string[] {
  const last = path.slice(path.lastIndexOf('/') + 1);
  const parent = path.slice(0, -last.length - 1);
  const hex = (text: string): string =>
    [...text].map((letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
  return [
    `${parent}/${hex(last)}`,
    `${parent}/${hex(last).toUpperCase()}`,
    `${parent}/${hex(hex(last))}`,
    hex(path),
    path.replaceAll('/', '%2f'),
    path.replaceAll('/', '//'),
    `/${path}`,
    `//service.test${path}`,
    `${path}/`,
    `${path}//`,
    `${path}/.`,
    `${path}/x/..`,
    `${path}/%2e%2e/${last}`,
    `${parent}/./${last}`,
    `${parent}/x/../${last}`,
    `${parent}/%2e/${last}`,
    `/health/live/../..${path}`,
    `/health/live/%2e%2e/%2e%2e${path}`,
    `/docs/..;${path}`,
    `/docs/..%2f..${path}`,
    path.replaceAll('/', '\\'),
    path.replaceAll('/', '/;/'),
    `${path};x`,
    `${path};jsessionid=1`,
    `${path}%00`,
    `${path}%00.css`,
    `${path}%20`,
    `${path}%0a`,
    `${path}%23`,
    `${path}%3f`,
    `${path}.json`,
    `${path}.css`,
    `${path}~`,
    path.toUpperCase(),
    path.replace('users', 'USERS').replace('auth', 'Auth'),
    path.replace('v1', 'v1.0'),
    `${path}?`,
    `${path}?x=/health/live`,
    `${path}#/health/live`,
    `${path}?${last}`,
    `http://service.test${path}`,
    `http://other.test${path}`,
    path.slice(1),
    `${parent}/${last}%c0%af`,
    `${parent}/${last.replace(/e$/, '%ef%bd%85')}`,
    `${parent}/${last}%ff`,
  ];
}

describe('HT-08 Paths', () => {
  it('of protected routes, however they are written, give strangers nothing', async () => {
    const served: string[] = [];
    for (const { method, path, name } of operationsOf(app).filter((operation) => !PUBLIC.includes(operation.name))) {
      for (const target of spellings(path)) {
        for (const headers of [[], [['X-Original-URL', path] as const, ['X-Rewrite-URL', path] as const]]) {
          const answer = await send(app.url, { method, target, headers });
          const { status, text } = answer;
          const refused = status >= 400 && status < 500;
          if (!refused || text.includes(NAME) || leaksIn(answer).length > 0)
            served.push(`${name} as ${target}: ${status}`);
        }
      }
    }
    expect(served).toEqual([]);
  });

  it('lead with a token to the route or nowhere, never to another one', async () => {
    const odd: string[] = [];
    for (const target of spellings(ME)) {
      const { status, text } = await send(app.url, { target, headers: bearer() });
      const isRoute = status === 200 && text.includes(NAME);
      if (!isRoute && (status < 400 || status >= 500)) odd.push(`${target}: ${status}`);
    }
    expect(odd).toEqual([]);
  });

  it('are not forwarded by headers that some frameworks obey', async () => {
    for (const header of ['X-Original-URL', 'X-Rewrite-URL', 'X-Forwarded-Path', 'X-Forwarded-Prefix']) {
      const answer = await send(app.url, { target: '/health/live', headers: [...bearer(), [header, ME]] });
      expect(answer.text).toBe('{"status":"ok"}');
    }
  });
});

describe('HT-09 What is there twice', () => {
  const login = (body: string, headers: HeaderLines = [], target = '/api/v1/auth/login') =>
    send(app.url, { method: 'POST', target, headers: [['Content-Type', 'application/json'], ...headers], body });

  it.each([
    ['a key', '{"email":"a@example.com","password":"one","password":"two"}'],
    ['a key, once escaped', '{"email":"a@example.com","password":"one","pass\\u0077ord":"two"}'],
  ])('%s in a body is 400', async (_what, body) => {
    expect(problemFaults(await login(body), { status: 400, code: 'malformed_json' })).toEqual([]);
  });

  it('Content-Type is 415, Content-Length and Transfer-Encoding are 400', async () => {
    const { email = '', password = '' } = BODIES['POST /api/v1/auth/login'] as Record<string, string>;
    const body = JSON.stringify({ email, password });
    const length = String(body.length);
    expect((await login(body, [['Content-Type', 'application/json']])).status).toBe(415);
    expect(
      (
        await login(body, [
          ['Content-Length', length],
          ['Content-Length', '0'],
        ])
      ).status,
    ).toBe(400);
    expect(
      (
        await login(body, [
          ['Content-Length', length],
          ['Transfer-Encoding', 'chunked'],
        ])
      ).status,
    ).toBe(400);
    expect((await login(body, [['Transfer-Encoding', 'chunked, identity']])).status).toBe(400);
  });

  it.each([
    ['two Host lines', 'Host: a\r\nHost: b\r\n'],
    ['no Host', ''],
  ])('%s are 400', async (_what, lines) => {
    const answer = await exchange(app.url, `GET /health/live HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`);
    expect(problemFaults(answer, { status: 400, code: 'bad_request' })).toEqual([]);
  });

  it('HTTP/1.0 needs no Host, and an expectation that nobody knows changes nothing', async () => {
    const old = await exchange(app.url, 'GET /health/live HTTP/1.0\r\n\r\n');
    expect([old.status, old.text]).toEqual([200, '{"status":"ok"}']);
    const expecting = await send(app.url, { target: ME, headers: [...bearer(), ['Expect', 'miracle']] });
    expect(expecting.status).toBe(200);
  });

  it('an Idempotency-Key is 400', async () => {
    const headers: HeaderLines = [
      ['Content-Type', 'application/json'],
      ['Idempotency-Key', 'one'],
      ['Idempotency-Key', 'two'],
    ];
    const body = JSON.stringify(BODIES['POST /api/v1/auth/register']);
    const answer = await send(app.url, { method: 'POST', target: '/api/v1/auth/register', headers, body });
    expect(problemFaults(answer, { status: 400, code: 'idempotency_key_invalid' })).toEqual([]);
  });

  it('a parameter in a query that nobody reads changes nothing', async () => {
    const { status, text } = await send(app.url, { target: `${ME}?id=a&id=b&id[]=c&id[x]=d`, headers: bearer() });
    expect([status, text.includes(NAME)]).toEqual([200, true]);
  });
});
