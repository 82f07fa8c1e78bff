import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { BODIES, BODILESS, FOR_SERVICES, operationsOf, PUBLIC, READING } from '../support/attack-surface.js';
import type { Operation } from '../support/attack-surface.js';
import { problemFaults, type Expected } from '../support/problem-check.js';
import { productionEnvironment } from '../support/production-env.js';
import { send, type HeaderLines, type RawAnswer } from '../support/raw-http.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { TcpProxy, through } from '../support/tcp-proxy.js';
import { createTestDatabase } from '../support/test-database.js';

const JSON_TYPE: HeaderLines = [['Content-Type', 'application/json']];
const LANGUAGES = ['en', 'ko'] as const;

interface Refusal {
  readonly what: string;
  readonly operation: Operation;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: HeaderLines;
  readonly body?: string;
  readonly expected: Expected;
}

const takesBody = ({ name }: Operation): boolean => name in BODIES;
const isProtected = ({ name }: Operation): boolean => !PUBLIC.includes(name);
const bearer = (token: string): HeaderLines => [['Authorization', `Bearer ${token}`]];

/** Every way to be refused that an operation has, with a good token where one is needed to get that far. */
function refusalsOf(operation: Operation, token: string): Refusal[] {
  const auth = isProtected(operation) ? bearer(token) : [];
  const refusals: Refusal[] = [
    { what: 'wrong method', operation, method: 'PUT', expected: { status: 405, code: 'method_not_allowed' } },
    {
      what: 'path below',
      operation,
      path: `${operation.path}/x/y`,
      headers: auth,
      expected: { status: 404, code: 'not_found' },
    },
    {
      what: 'long address',
      operation,
      path: `${operation.path}?${'a'.repeat(9_000)}`,
      expected: { status: 414, code: 'uri_too_long' },
    },
    {
      what: 'long header',
      operation,
      headers: [['X-Long', 'a'.repeat(20_000)]],
      expected: { status: 431, code: 'headers_too_large' },
    },
  ];
  if (isProtected(operation)) {
    const [missing, invalid] = FOR_SERVICES.includes(operation.name)
      ? ['api_key_invalid', 'api_key_invalid']
      : ['token_missing', 'token_invalid'];
    refusals.push(
      { what: 'no token', operation, expected: { status: 401, code: missing } },
      { what: 'bad token', operation, headers: bearer('a.b.c'), expected: { status: 401, code: invalid } },
    );
  }
  if (takesBody(operation)) refusals.push(...bodyRefusals(operation, auth));
  return refusals;
}

function bodyRefusals(operation: Operation, auth: HeaderLines): Refusal[] {
  const headers = [...auth, ...JSON_TYPE];
  const good = BODIES[operation.name];
  return [
    { what: 'no JSON', operation, headers, body: '{', expected: { status: 400, code: 'malformed_json' } },
    { what: 'no object', operation, headers, body: '[]', expected: { status: 400, code: 'validation_failed' } },
    {
      what: 'unknown field',
      operation,
      headers,
      body: JSON.stringify({ ...good, isAdmin: true }),
      expected: { status: 400, code: 'validation_failed' },
    },
    {
      what: 'media type',
      operation,
      headers: [...auth, ['Content-Type', 'text/xml']],
      body: '<a/>',
      expected: { status: 415, code: 'unsupported_media_type' },
    },
    {
      what: 'large body',
      operation,
      headers,
      body: JSON.stringify({ ...good, filler: 'a'.repeat(65_536) }),
      expected: { status: 413, code: 'payload_too_large' },
    },
  ];
}

async function faultsOf(app: TestApp, refusal: Refusal, language: (typeof LANGUAGES)[number]): Promise<string[]> {
  const { operation, expected, what } = refusal;
  const requestId = randomUUID();
  const answer = await send(app.url, {
    method: refusal.method ?? operation.method,
    target: refusal.path ?? operation.path,
    headers: [...(refusal.headers ?? []), ['Accept-Language', language], ['X-Request-Id', requestId]],
    ...(refusal.body === undefined ? {} : { body: refusal.body }),
  });
  // Node's parser gives up before it has read a header: neither language nor id are known then.
  const known = expected.status === 431 ? expected : { ...expected, language, requestId };
  return problemFaults(answer, known).map((fault) => `${operation.name}, ${what}, ${language}: ${fault}`);
}

function headerFaults({ headers }: RawAnswer, production: boolean): string[] {
  const required: Record<string, RegExp> = {
    'content-security-policy': /frame-ancestors 'none'/,
    'x-content-type-options': /^nosniff$/,
    'x-frame-options': /^DENY$/,
    'referrer-policy': /^no-referrer$/,
    ...(production && { 'strict-transport-security': /^max-age=31536000; includeSubDomains$/ }),
  };
  const banned = ['server', 'x-powered-by', ...(production ? [] : ['strict-transport-security'])];
  return [
    ...Object.keys(required).filter((name) => required[name]?.test(headers.get(name) ?? '') !== true),
    ...banned.filter((name) => headers.has(name)),
  ];
}

describe.each([
  ['debug mode', (): Record<string, string> => ({})],
  ['production', productionEnvironment],
])('HT-01 HT-10 Errors of the whole service in %s', (_mode, environment) => {
  let app: TestApp;
  let token: string;

  beforeAll(async () => {
    app = await startTestApp(environment());
    const email = 'errors@example.com';
    await app.api.register(email);
    await app.sql.query('UPDATE user_service.users SET email_verified_at = now()');
    token = (await app.api.signIn(email)).accessToken;
  });
  afterAll(() => app.close());

  it('are problem documents, wherever and however a request is wrong, in both languages', async () => {
    const refusals = operationsOf(app).flatMap((operation) => refusalsOf(operation, token));
    expect(refusals.length).toBeGreaterThan(80);
    const faults: string[] = [];
    for (const refusal of refusals) {
      for (const language of LANGUAGES) faults.push(...(await faultsOf(app, refusal, language)));
    }
    expect(faults).toEqual([]);
  });

  const askAll = async (): Promise<RawAnswer[]> => {
    const answers: RawAnswer[] = [];
    // The health checks answer 503 in their own form.
    for (const operation of operationsOf(app).filter(({ path }) => path.startsWith('/api/'))) {
      const body = BODIES[operation.name];
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const headers = [...bearer(token), ...(body === undefined ? [] : JSON_TYPE)];
      answers.push(await send(app.url, { method: operation.method, target: operation.path, headers, ...sent }));
    }
    return answers;
  };

  it('are problem documents when the database has lost its tables', async () => {
    await app.sql.query('ALTER SCHEMA user_service RENAME TO user_service_away');
    const answers = await askAll();
    await app.sql.query('ALTER SCHEMA user_service_away RENAME TO user_service');
    const outages = answers.filter(({ status }) => status === 503);
    expect(outages.length).toBeGreaterThanOrEqual(5);
    for (const answer of outages) expect(problemFaults(answer, {})).toEqual([]);
    expect(answers.filter(({ status }) => status === 500)).toEqual([]);
  });

  it('are problem documents where the service itself is wrong', async () => {
    const columns = [
      ['users', 'locale'],
      ['sessions', 'user_agent'],
      ['one_time_tokens', 'security_epoch'],
    ] as const;
    for (const [table, name] of columns) {
      await app.sql.query(`ALTER TABLE user_service.${table} RENAME COLUMN ${name} TO away`);
    }
    const answers = await askAll();
    for (const [table, name] of columns) {
      await app.sql.query(`ALTER TABLE user_service.${table} RENAME COLUMN away TO ${name}`);
    }
    const defects = answers.filter(({ status }) => status === 500);
    expect(defects.length).toBeGreaterThanOrEqual(4);
    for (const answer of defects) expect(problemFaults(answer, { code: 'internal_error' })).toEqual([]);
  });

  it('carry the security headers, like every other answer', async () => {
    const lacking: string[] = [];
    for (const { path, name, method } of operationsOf(app)) {
      for (const target of [path, `${path}/x/y`]) {
        const faults = headerFaults(await send(app.url, { method, target }), app.env['DEBUG'] === 'false');
        lacking.push(...faults.map((fault) => `${name} at ${target}: ${fault}`));
      }
    }
    expect(lacking).toEqual([]);
  });

  it('nothing with a token or personal data may be kept by a cache', async () => {
    const { headers } = await app.api.me(token);
    expect(headers.get('cache-control')).toBe('no-store');
    const answer = await app.api.login('errors@example.com');
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  it('X-Request-Id is kept when it has an accepted form and made otherwise', async () => {
    const id = async (sent: string): Promise<string | null> =>
      (await send(app.url, { target: '/nowhere', headers: [['X-Request-Id', sent]] })).headers.get('x-request-id');
    expect(await id('abcdefghij_KLMNOP-123')).toBe('abcdefghij_KLMNOP-123');
    for (const bad of [
      '',
      'short',
      'a'.repeat(65),
      'a b c d e f g h i j',
      '<script>alert(1)</script>',
      'ü'.repeat(20),
    ]) {
      expect(await id(bad)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
    }
  });
});

describe('HT-01 The attack surface', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({ RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_PER_MINUTE: '150' });
  });
  afterAll(() => app.close());

  it('is known to these tests: every operation that changes something has its attacks', () => {
    const changing = operationsOf(app).filter(({ method }) => method !== 'GET');
    const forms = FOR_SERVICES.filter((name) => !name.startsWith('GET '));
    expect(changing.map(({ name }) => name).sort()).toEqual([...Object.keys(BODIES), ...BODILESS, ...forms].sort());
  });

  it('gives strangers nothing but what is meant to be public', async () => {
    const open: string[] = [];
    for (const { method, path, name } of operationsOf(app)) {
      if ((await send(app.url, { method, target: path })).status !== 401) open.push(name);
    }
    expect(open.sort()).toEqual([...PUBLIC].sort());
  });

  it('checks the rate limit first, then the token, then the body', async () => {
    const patch = (headers: HeaderLines, body: string): Promise<RawAnswer> =>
      send(app.url, { method: 'PATCH', target: '/api/v1/users/me', headers: [...headers, ...JSON_TYPE], body });
    const { sql, api } = app;
    await api.register('order@example.com');
    await sql.query('UPDATE user_service.users SET email_verified_at = now()');
    const { accessToken } = await api.signIn('order@example.com');
    const huge = JSON.stringify({ displayName: 'a'.repeat(70_000) });
    for (const body of ['{', '[]', huge, '{"displayName":"\\u0000"}']) {
      expect(problemFaults(await patch([], body), { status: 401, code: 'token_missing' })).toEqual([]);
    }
    expect(problemFaults(await patch(bearer('forged'), '{'), { status: 401, code: 'token_invalid' })).toEqual([]);
    expect(problemFaults(await patch(bearer(accessToken), '{'), { status: 400, code: 'malformed_json' })).toEqual([]);
    const unknown = await patch(bearer(accessToken), '{"isAdmin":true}');
    expect(problemFaults(unknown, { status: 400, code: 'validation_failed' })).toEqual([]);
    for (let round = 0; round < 150; round += 1) await patch([], '{');
    for (const { method, path } of operationsOf(app).filter((operation) => operation.path.startsWith('/api/'))) {
      const answer = await send(app.url, { method, target: path, headers: [['Accept-Language', 'ko']] });
      expect(problemFaults(answer, { status: 429, code: 'rate_limited', language: 'ko' })).toEqual([]);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.headers.get('ratelimit')).toContain('r=0');
    }
    expect((await send(app.url, { target: '/health/live' })).status).toBe(200);
  });
});

describe('HT-01 Without its database the service', () => {
  it('answers 503 problem documents with Retry-After, and names no host', async () => {
    const database = await createTestDatabase();
    const { hostname, port } = new URL(database.url);
    const proxy = await TcpProxy.start({ host: hostname, port: Number(port) });
    const app = await startTestApp({ DATABASE_URL: through(proxy, database.url) });
    await app.api.register('away@example.com');
    await proxy.refuse();
    const faults: string[] = [];
    for (const [name, body] of Object.entries(BODIES).filter(([key]) => READING.includes(key))) {
      const [method = '', target = ''] = name.split(' ');
      const answer = await send(app.url, { method, target, headers: JSON_TYPE, body: JSON.stringify(body) });
      faults.push(
        ...problemFaults(answer, { status: 503, code: 'dependency_unavailable' }).map((f) => `${name}: ${f}`),
      );
      if (!answer.headers.has('retry-after')) faults.push(`${name}: no Retry-After`);
    }
    await proxy.restore();
    await app.close();
    await proxy.refuse();
    await database.drop();
    expect(faults).toEqual([]);
  });
});
