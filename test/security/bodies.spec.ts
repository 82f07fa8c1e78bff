import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { BODIES, PUBLIC, replaced, textFields } from '../support/attack-surface.js';
import { problemFaults } from '../support/problem-check.js';
import { exchange, send, type HeaderLines, type RawAnswer } from '../support/raw-http.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const JSON_TYPE: HeaderLines = [['Content-Type', 'application/json']];
const LOGIN = 'POST /api/v1/auth/login';

let app: TestApp;
let token: string;

beforeAll(async () => {
  // The shortest times the configuration allows.
  app = await startTestApp({ HTTP_HEADERS_TIMEOUT_MS: '1000', HTTP_REQUEST_TIMEOUT_MS: '1500' });
  token = (await app.api.signedInUser()).accessToken;
});
afterAll(() => app.close());

/** With a good token where the operation wants one. */
function call(name: string, headers: HeaderLines, body: string | Buffer): Promise<RawAnswer> {
  const [method = '', target = ''] = name.split(' ');
  const auth: HeaderLines = PUBLIC.includes(name) ? [] : [['Authorization', `Bearer ${token}`]];
  return send(app.url, { method, target, headers: [...auth, ...headers], body });
}

async function users(): Promise<unknown> {
  return app.sql.query('SELECT id, version, profile_enc, updated_at FROM user_service.users ORDER BY id');
}

describe('HT-04 Content-Type', () => {
  const accepted = [
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
  ];
  const refused = [
    '',
    ' ',
    ';',
    'application/json;',
    'application/json\t;',
    'application/json; ',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; x=y',
    'application/json, text/plain',
    'application/json/x',
    'application/jsonp',
    'application/problem+json',
    'application/ld+json',
    'application/json\u00a0',
    '"application/json"',
    'text/json',
    'text/plain',
    'text/plain; application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=a',
    'application/octet-stream',
    'application/xml',
    '*/*',
    'a'.repeat(4_000),
  ];

  it('never opens a way around validation, on any operation', async () => {
    const before = await users();
    const wrong: string[] = [];
    for (const name of Object.keys(BODIES)) {
      const invalid = JSON.stringify({ ...BODIES[name], isAdmin: true });
      for (const type of accepted) {
        const { status } = await call(name, [['Content-Type', type]], invalid);
        if (status !== 400) wrong.push(`${name} as ${type}: ${status}`);
      }
      for (const type of refused) {
        const answer = await call(name, [['Content-Type', type]], invalid);
        const faults = problemFaults(answer, { status: 415, code: 'unsupported_media_type' });
        if (faults.length > 0) wrong.push(`${name} as ${type}: ${faults.join('; ')}`);
      }
      const without = await call(name, [], invalid);
      if (without.status !== 415) wrong.push(`${name} without: ${without.status}`);
    }
    expect(wrong).toEqual([]);
    expect(await users()).toEqual(before);
  });

  it('tells what would be accepted', async () => {
    const { headers } = await call(LOGIN, [['Content-Type', 'text/plain']], '{}');
    expect(headers.get('accept')).toBe('application/json');
  });
});

describe('HT-05 Sizes', () => {
  const sized = (bytes: number): string => `{"email":"${'a'.repeat(bytes - 12)}"}`;

  it('a body may have 64 KiB and not a byte more, however its length is told', async () => {
    expect((await call(LOGIN, JSON_TYPE, sized(65_536))).status).toBe(400);
    expect((await call(LOGIN, JSON_TYPE, sized(65_537))).status).toBe(413);
    const chunk = sized(65_537);
    const chunked = `${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`;
    expect((await call(LOGIN, [...JSON_TYPE, ['Transfer-Encoding', 'chunked']], chunked)).status).toBe(413);
    const boast = await call(LOGIN, [...JSON_TYPE, ['Content-Length', '99999999999']], '{}');
    expect(problemFaults(boast, { status: 413, code: 'payload_too_large' })).toEqual([]);
  });

  it('many headers are 431, as one long one', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => [`X-${index}`, 'aaaaaaaa'] as const);
    expect((await send(app.url, { target: '/health/live', headers: many })).status).toBe(431);
  });

  it('nothing is decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000, 'a'));
    for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'identity, gzip', 'GZIP']) {
      const { status } = await call(LOGIN, [...JSON_TYPE, ['Content-Encoding', encoding]], bomb.subarray(0, 60_000));
      expect([encoding, status]).toEqual([encoding, 415]);
    }
  });

  it('the depth and the length of JSON cost no more time than other refused bodies', async () => {
    const timed = async (body: string): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 7; round += 1) {
        const start = performance.now();
        expect((await call(LOGIN, JSON_TYPE, body)).status).toBe(400);
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[3] ?? Infinity;
    };
    const baseline = await timed(`{"email":"${'a'.repeat(50_000)}"}`);
    const hostile = {
      'nested arrays': '['.repeat(50_000),
      'nested arrays that end': '['.repeat(30_000) + ']'.repeat(30_000),
      'nested objects': '{"a":'.repeat(10_000),
      'a long array': `[${'0,'.repeat(30_000)}0]`,
      'many keys': `{${Array.from({ length: 5_000 }, (_, index) => `"k${index}":1`).join()}}`,
      'many escapes': `{"email":"${'\\u0041'.repeat(10_000)}"}`,
      'many quotes': '"'.repeat(60_000),
      'many backslashes': `{"email":"${'\\\\'.repeat(30_000)}"}`,
      'a long number': `{"email":${'9'.repeat(60_000)}}`,
    };
    const slow: string[] = [];
    for (const [what, body] of Object.entries(hostile)) {
      const time = await timed(body);
      if (time > Math.max(100, 20 * baseline)) slow.push(`${what}: ${time} ms`);
    }
    expect(slow).toEqual([]);
  });
});

describe('HT-06 Slow connections', () => {
  it('by the hundred are cut off, and nobody else notices', async () => {
    let open = 0;
    const sockets: Socket[] = Array.from({ length: 200 }, (_, index) => {
      const socket = connect(Number(new URL(app.url).port), '127.0.0.1', () => {
        open += 1;
        const head = `POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\n`;
        // Half of them never end their headers, the other half their body.
        const slowBody = `${head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`;
        socket.write(index % 2 === 0 ? head : slowBody);
      });
      socket
        .on('error', () => undefined)
        .on('close', () => (open -= 1))
        .resume();
      return socket;
    });
    await waitFor(() => open === 200, { what: '200 connections' });
    const trickle = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write(' ');
    }, 200);
    const times: number[] = [];
    const start = performance.now();
    while (open > 0 && performance.now() - start < 10_000) {
      const before = performance.now();
      expect((await app.api.me(token)).status).toBe(200);
      times.push(performance.now() - before);
      await delay(10);
    }
    clearInterval(trickle);
    for (const socket of sockets) socket.destroy();
    expect(open).toBe(0);
    expect(times.length).toBeGreaterThan(50);
    expect(times.sort((a, b) => a - b)[Math.floor(times.length * 0.99) - 1]).toBeLessThan(500);
  });
});

describe('HT-15 Text that PostgreSQL cannot store', () => {
  const texts: readonly (readonly [what: string, json: string])[] = [
    ['NUL', '"a\\u0000b"'],
    ['NUL alone', '"\\u0000"'],
    ['a high surrogate', '"a\\ud800"'],
    ['a low surrogate', '"\\udc00a"'],
    ['surrogates the wrong way round', '"\\udc00\\ud800"'],
    ['half of an emoji', '"\\ud83d"'],
  ];

  it('is 400 in every field of every operation', async () => {
    const before = await users();
    const wrong: string[] = [];
    for (const [name, good] of Object.entries(BODIES)) {
      for (const path of textFields(good)) {
        for (const [what, json] of texts) {
          const body = JSON.stringify(replaced(good, path, 'PLACE')).replace('"PLACE"', json);
          const faults = problemFaults(await call(name, JSON_TYPE, body), { status: 400, code: 'validation_failed' });
          if (faults.length > 0) wrong.push(`${name} ${path.join('.')}, ${what}: ${faults.join('; ')}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(await users()).toEqual(before);
  });

  it.each([
    ['a NUL byte', Buffer.from('{"email":"a\0b","password":"x"}')],
    ['a byte that is not UTF-8', Buffer.from([...Buffer.from('{"email":"'), 0xff, ...Buffer.from('"}')])],
    ['an overlong slash', Buffer.from([...Buffer.from('{"email":"'), 0xc0, 0xaf, ...Buffer.from('"}')])],
    ['a surrogate as UTF-8', Buffer.from([...Buffer.from('{"email":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')])],
    ['UTF-16', Buffer.from('\ufeff{"email":"a","password":"b"}', 'utf16le')],
    ['a byte order mark', Buffer.from('\ufeff{"email":"a","password":"b"}')],
  ])('%s is no JSON', async (_what, body) => {
    expect(problemFaults(await call(LOGIN, JSON_TYPE, body), { status: 400, code: 'malformed_json' })).toEqual([]);
  });

  it('is harmless in keys, paths, queries and headers', async () => {
    const key = await call(LOGIN, JSON_TYPE, '{"a\\u0000":1,"\\ud800":2}');
    expect(problemFaults(key, { status: 400, code: 'validation_failed' })).toEqual([]);
    for (const target of [
      '/%00',
      '/api/v1/users/me%00',
      '/docs/%00',
      '/docs/%ed%a0%80',
      '/api/v1/users/me?a=%00&%ff=b',
    ]) {
      const { status } = await send(app.url, { target });
      expect([400, 401, 404]).toContain(status);
    }
    const nul = await exchange(
      app.url,
      'GET /api/v1/users/me HTTP/1.1\r\nHost: a\r\nX: a\0b\r\nConnection: close\r\n\r\n',
    );
    expect(problemFaults(nul, { status: 400, code: 'bad_request' })).toEqual([]);
  });
});
