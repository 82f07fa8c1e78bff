import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { BODIES, operationsOf, PUBLIC, replaced, textFields } from '../support/attack-surface.js';
import { leaksIn } from '../support/problem-check.js';
import { send, type HeaderLines, type RawAnswer } from '../support/raw-http.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const JSON_TYPE: HeaderLines = [['Content-Type', 'application/json']];

let app: TestApp;
let token: string;

beforeAll(async () => {
  app = await startTestApp();
  token = (await app.api.signedInUser()).accessToken;
});
afterAll(() => app.close());

/** With a good token where the operation wants one. */
function call(name: string, body: unknown, headers: HeaderLines = [], query = ''): Promise<RawAnswer> {
  const [method = '', path = ''] = name.split(' ');
  const auth: HeaderLines = PUBLIC.includes(name) ? [] : [['Authorization', `Bearer ${token}`]];
  const lines = [...auth, ...JSON_TYPE, ...headers];
  return send(app.url, { method, target: `${path}${query}`, headers: lines, body: JSON.stringify(body) });
}

describe('HT-13 SQL', () => {
  // In the manner of sqlmap: boolean, stacked, union, error based, time based, comments, dollar quotes, LIKE, arrays.
  const payloads = [
    `'`,
    `"`,
    `\\'`,
    `' OR '1'='1`,
    `' OR 1=1--`,
    `admin'--`,
    `') OR ('a'='a`,
    `'; DROP TABLE user_service.users; --`,
    `'; UPDATE user_service.users SET roles='{admin}'; --`,
    `'; COMMIT; TRUNCATE user_service.users CASCADE; --`,
    `' UNION SELECT NULL,version()--`,
    `' AND 1=CAST((SELECT current_user) AS int)--`,
    `' AND 1=(SELECT 1 FROM pg_sleep(5))--`,
    `'||(SELECT pg_sleep(5))||'`,
    `$$; SELECT pg_sleep(5); --$$`,
    `1; SELECT pg_sleep(5)`,
    `$1`,
    `$2::text`,
    `%`,
    `_`,
    `{a,b}`,
    `E'\\x27'`,
    `\u02bc OR 1=1`,
    `\uff07 OR 1=1`,
  ];
  const SLOW_MS = 3_000;

  async function state(): Promise<unknown> {
    const users = await app.sql.query('SELECT * FROM user_service.users WHERE created_at < $1 ORDER BY id', [started]);
    const tables = await app.sql.query(
      `SELECT table_name FROM information_schema.tables WHERE table_schema = 'user_service' ORDER BY 1`,
    );
    return { users, tables };
  }
  let started: Date;

  /** What an attack may be answered with: its text was taken as a text, or refused. */
  async function attack(what: string, work: () => Promise<RawAnswer>): Promise<string[]> {
    const start = performance.now();
    const answer = await work();
    const time = performance.now() - start;
    const faults = leaksIn(answer);
    if (answer.status < 200 || answer.status >= 500) faults.push(`status ${answer.status}`);
    if (time > SLOW_MS) faults.push(`${time} ms`);
    return faults.map((fault) => `${what}: ${fault}`);
  }

  it('in a field stays a text, on every operation', async () => {
    started = new Date();
    await app.api.register('bystander@example.com');
    const before = await state();
    const wrong: string[] = [];
    for (const [name, good] of Object.entries(BODIES).filter(([key]) => !key.startsWith('PATCH'))) {
      for (const path of textFields(good)) {
        for (const payload of payloads) {
          const body = replaced(good, path, payload);
          wrong.push(...(await attack(`${name} ${path.join('.')} = ${payload}`, () => call(name, body))));
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(await state()).toEqual(before);
  });

  it('in a name is kept to the letter', async () => {
    for (const payload of payloads) {
      const answer = await app.api.patchMe(token, { displayName: payload });
      expect([payload, answer.status, answer.body['displayName']]).toEqual([payload, 200, payload]);
    }
  });

  it('in an address, a query or a header does nothing', async () => {
    const before = await state();
    const headers = ['X-Request-Id', 'User-Agent', 'Idempotency-Key', 'If-None-Match', 'If-Match', 'Accept-Language'];
    const wrong: string[] = [];
    for (const payload of payloads) {
      const encoded = encodeURIComponent(payload);
      const me = '/api/v1/users/me';
      const lines: HeaderLines = [['Authorization', `Bearer ${token}`]];
      for (const target of [`${me}?id=${encoded}`, `${me}/${encoded}`, `/docs/${encoded}`, `/${encoded}`]) {
        wrong.push(...(await attack(target, () => send(app.url, { target, headers: lines }))));
      }
      for (const header of headers) {
        const value = Buffer.from(payload).toString('latin1');
        wrong.push(
          ...(await attack(`${header}: ${payload}`, () =>
            send(app.url, { target: me, headers: [...lines, [header, value]] }),
          )),
        );
      }
      const key: HeaderLines = [['Idempotency-Key', payload.replace(/[^\x21-\x7e]/g, '+')]];
      wrong.push(...(await attack(`key ${payload}`, () => call('POST /api/v1/auth/register', {}, key))));
    }
    expect(wrong).toEqual([]);
    expect(await state()).toEqual(before);
  });
});

describe('HT-14 Addresses that a caller names', () => {
  let stub: Server;
  let port: number;
  let hits = 0;

  beforeAll(async () => {
    stub = createServer((_request, response) => {
      hits += 1;
      response.end();
    });
    // A connection without a request counts too.
    stub.on('connection', () => (hits += 1));
    await new Promise<void>((resolve) => stub.listen(0, '::', resolve));
    port = (stub.address() as AddressInfo).port;
  });
  afterAll(() => void stub.close());

  const fields = [
    'avatarUrl',
    'avatar',
    'picture',
    'callback',
    'callbackUrl',
    'webhook',
    'redirect_uri',
    'redirectUri',
  ];
  const more = ['returnTo', 'next', 'url', 'imageUrl', 'auditUrl', 'auditServiceUrl', 'jku', 'issuer', 'host'];
  const addresses = (): string[] => [
    `http://127.0.0.1:${port}/`,
    `http://localhost:${port}/`,
    `http://[::1]:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://2130706433:${port}/`,
    `http://0x7f.1:${port}/`,
    `http://0:${port}/`,
    `http://user@127.0.0.1:${port}/`,
    `//127.0.0.1:${port}/`,
    'http://169.254.169.254/latest/meta-data/',
    'file:///etc/passwd',
  ];

  it('are taken by no field of any operation, and never asked', async () => {
    const wrong: string[] = [];
    for (const [name, good] of Object.entries(BODIES)) {
      for (const field of [...fields, ...more]) {
        for (const address of addresses()) {
          const { status, text } = await call(name, { ...good, [field]: address });
          const refused = status === 400 && text.includes(`"pointer":"/${field}","code":"unknown_field"`);
          if (!refused) wrong.push(`${name} ${field}: ${status}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(hits).toBe(0);
  });

  it('are not asked either when they stand in texts, queries, headers or tokens', async () => {
    const target = `http://127.0.0.1:${port}/`;
    for (const [name, good] of Object.entries(BODIES)) {
      for (const path of textFields(good)) await call(name, replaced(good, path, target));
      await call(name, good, [], `?url=${encodeURIComponent(target)}&callback=${encodeURIComponent(target)}`);
    }
    const header = { alg: 'HS512', typ: 'at+jwt', jku: target, x5u: target, kid: target };
    const forged = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.AAAA`;
    const host = `127.0.0.1:${port}`;
    const headers: HeaderLines = [
      ['Referer', target],
      ['Origin', target.slice(0, -1)],
      ['X-Forwarded-Host', host],
      ['Forwarded', `host=${host}`],
      ['X-Callback-Url', target],
      ['Link', `<${target}>; rel=preconnect`],
    ];
    for (const { method, path } of operationsOf(app)) {
      const answer = await send(app.url, {
        method,
        target: path,
        headers: [...headers, ['Authorization', `Bearer ${forged}`]],
      });
      expect(`${JSON.stringify([...answer.headers])}${answer.text}`).not.toContain(String(port));
    }
    await app.mailsSent();
    expect(hits).toBe(0);
  });

  it('have no part in the links of a mail', async () => {
    const evil: HeaderLines = [
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-Proto', 'javascript'],
      ['Forwarded', 'host=evil.example;proto=http'],
      ['X-Host', 'evil.example'],
    ];
    const email = 'links@example.com';
    const body = JSON.stringify({ ...BODIES['POST /api/v1/auth/register'], email });
    const request = `POST http://evil.example/api/v1/auth/register`;
    const [method = '', absolute = ''] = request.split(' ');
    for (const register of ['/api/v1/auth/register', absolute]) {
      await send(app.url, { method, target: register, headers: [...JSON_TYPE, ...evil], body });
    }
    const { raw, text } = await app.mail(email);
    expect(raw).not.toContain('evil');
    expect(text).toMatch(/http:\/\/localhost:8000\/\S*\?token=/);
  });
});
