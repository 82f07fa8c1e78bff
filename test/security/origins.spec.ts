import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { operationsOf } from '../support/attack-surface.js';
import { problemFaults } from '../support/problem-check.js';
import { productionEnvironment } from '../support/production-env.js';
import { send, type HeaderLines } from '../support/raw-http.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const ME = '/api/v1/users/me';
const LOGIN = '/api/v1/auth/login';
const FORGED = [
  ['X-Forwarded-For', '203.0.113.9'],
  ['X-Real-IP', '203.0.113.9'],
  ['Forwarded', 'for=203.0.113.9'],
  ['X-Client-IP', '203.0.113.9'],
  ['True-Client-IP', '203.0.113.9'],
  ['CF-Connecting-IP', '203.0.113.9'],
  ['X-Cluster-Client-IP', '203.0.113.9'],
] as const;

/** The network that the request log says the last request came from. */
async function clientSeen(app: TestApp, headers: HeaderLines, target = ME): Promise<unknown> {
  await send(app.url, { target, headers });
  return app.logs().findLast(({ event }) => event === 'http_request')?.['client'];
}

describe('HT-07 Forged client addresses', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({ RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_PER_MINUTE: '20' });
  });
  afterAll(() => app.close());

  it('are not believed: neither by the log nor by the limit', async () => {
    for (const header of FORGED) expect(await clientSeen(app, [header])).toBe('127.0.0.0/24');
    const statuses: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const headers: HeaderLines = FORGED.map(([name, value]) => [name, value.replace('.9', `.${round}`)] as const);
      statuses.push((await send(app.url, { target: ME, headers })).status);
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(20 - FORGED.length);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('HT-07 Behind a trusted proxy', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({
      TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8',
      RATE_LIMIT_ENABLED: 'true',
      RATE_LIMIT_PER_MINUTE: '3',
    });
  });
  afterAll(() => app.close());

  it.each([
    ['the address it names', '203.0.113.9', '203.0.113.0/24'],
    ['the nearest one that is no proxy of ours', '6.6.6.6, 198.51.100.7, 10.1.2.3', '198.51.100.0/24'],
    ['the nearest one, whatever the caller put before it', 'evil, 8.8.8.8, 192.0.2.1', '192.0.2.0/24'],
    ['the network of an IPv6 address', '2001:db8:1:2::3', '2001:db8:1::/48'],
  ])('the client is %s', async (_what, forwarded, client) => {
    expect(await clientSeen(app, [['X-Forwarded-For', forwarded]])).toBe(client);
  });

  it('only X-Forwarded-For is read', async () => {
    for (const header of FORGED.slice(1)) expect(await clientSeen(app, [header])).toBe('127.0.0.0/24');
  });

  it('clients have a limit of their own, which they do not shift by lying', async () => {
    const status = async (forwarded: string): Promise<number> =>
      (await send(app.url, { target: ME, headers: [['X-Forwarded-For', forwarded]] })).status;
    const liar: number[] = [];
    for (let round = 0; round < 4; round += 1) liar.push(await status(`6.6.6.${round}, 198.18.0.1`));
    expect(liar).toEqual([401, 401, 401, 429]);
    expect(await status('198.18.0.2')).toBe(401);
  });

  it('a list that is none is harmless', async () => {
    const odd = ['', ',', 'x'.repeat(1_000), '999.1.1.1', '1.1.1.1:80', '"><script>', '::1%lo', 'unknown', '-1'];
    for (const forwarded of odd) {
      const headers: HeaderLines = [['X-Forwarded-For', forwarded]];
      expect((await send(app.url, { target: '/health/live', headers })).status).toBe(200);
      expect([401, 429]).toContain((await send(app.url, { target: ME, headers })).status);
    }
  });
});

const ALLOWED = 'https://app.example.com';
const FOREIGN = [
  'null',
  'https://evil.example',
  'https://evil.app.example.com',
  'https://app.example.com.evil.example',
  'https://app.example.comevil',
  'https://xapp.example.com',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://app.example.com/',
  'https://APP.example.com',
  'https://app.example.com, https://evil.example',
  'https://app.example.com%00.evil.example',
  'https://app_example.com',
  '*',
  'file://',
  '',
];

describe.each([
  ['debug mode', (): Record<string, string> => ({})],
  ['production', productionEnvironment],
])('HT-11 Other origins in %s', (_mode, environment) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({ ...environment(), CORS_ORIGINS: JSON.stringify([ALLOWED]) });
  });
  afterAll(() => app.close());

  it('get no permission on any route, in no answer, and are not reflected', async () => {
    const wrong: string[] = [];
    for (const { method, path, name } of operationsOf(app)) {
      for (const origin of FOREIGN) {
        const preflight: HeaderLines = [
          ['Origin', origin],
          ['Access-Control-Request-Method', method],
        ];
        const answers = [
          await send(app.url, { method, target: path, headers: [['Origin', origin]] }),
          await send(app.url, { method: 'OPTIONS', target: path, headers: preflight }),
        ];
        for (const { headers } of answers) {
          const granted = [...headers.keys()].filter((header) => header.startsWith('access-control-'));
          if (granted.length > 0) wrong.push(`${name}, ${origin}: ${granted.join()}`);
          if (!/\borigin\b/i.test(headers.get('vary') ?? '')) wrong.push(`${name}, ${origin}: no Vary`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('but the configured one do, also on errors, and never with credentials', async () => {
    for (const { method, path } of operationsOf(app)) {
      const { headers } = await send(app.url, { method, target: path, headers: [['Origin', ALLOWED]] });
      expect(headers.get('access-control-allow-origin')).toBe(ALLOWED);
      expect(headers.has('access-control-allow-credentials')).toBe(false);
    }
    const asked: HeaderLines = [
      ['Origin', ALLOWED],
      ['Access-Control-Request-Method', 'POST'],
    ];
    const preflight = await send(app.url, { method: 'OPTIONS', target: LOGIN, headers: asked });
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([204, 'OPTIONS, POST']);
  });
});

describe('HT-11 All origins, where debug mode allows them,', () => {
  it('get the asterisk, nothing reflected and no credentials', async () => {
    const app = await startTestApp({ CORS_ALLOW_ALL_ORIGINS: 'true' });
    for (const origin of FOREIGN) {
      const { headers } = await send(app.url, { target: ME, headers: [['Origin', origin]] });
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.has('access-control-allow-credentials')).toBe(false);
    }
    await app.close();
  });
});

describe('HT-12 In production', () => {
  const metricsToken = randomBytes(24).toString('base64url');
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({ ...productionEnvironment(), METRICS_TOKEN: metricsToken });
  });
  afterAll(() => app.close());

  it('figures are for the holder of their token only', async () => {
    await app.api.register('metrics@example.com');
    await app.sql.query('UPDATE user_service.users SET email_verified_at = now()');
    const { accessToken } = await app.api.signIn('metrics@example.com');
    const attempts: HeaderLines[] = [
      [],
      [['Authorization', 'Bearer']],
      [['Authorization', `Basic ${metricsToken}`]],
      [['Authorization', `Bearer ${metricsToken}x`]],
      [['Authorization', `Bearer ${metricsToken.slice(1)}`]],
      [['Authorization', `Bearer ${accessToken}`]],
      [['X-Metrics-Token', metricsToken]],
      [['X-Forwarded-For', '127.0.0.1']],
      [
        ['Authorization', 'Bearer x'],
        ['Authorization', `Bearer ${metricsToken}`],
      ],
    ];
    for (const headers of attempts) {
      for (const target of ['/metrics', `/metrics?token=${metricsToken}`, '/%6detrics']) {
        const answer = await send(app.url, { target, headers });
        expect(problemFaults(answer, { status: 401 })).toEqual([]);
      }
    }
    const scraped = await send(app.url, { target: '/metrics', headers: [['Authorization', `Bearer ${metricsToken}`]] });
    expect([scraped.status, scraped.text.includes('http_requests_total')]).toEqual([200, true]);
  });

  it('documentation and debugging aids are not there', async () => {
    const paths = [
      '/docs',
      '/docs/',
      '/docs/swagger-ui.css',
      '/openapi.json',
      '/openapi.yaml',
      '/openapi',
      '/api-json',
    ];
    const others = [
      '/debug',
      '/debug/pprof',
      '/.env',
      '/.git/config',
      '/package.json',
      '/admin',
      '/server-status',
      '/',
    ];
    for (const target of [
      ...paths,
      ...others,
      '/swagger',
      '/graphql',
      '/actuator/env',
      '/__inspect',
      '/api',
      '/api/v1',
    ]) {
      expect([target, ...problemFaults(await send(app.url, { target }), { status: 404, code: 'not_found' })]).toEqual([
        target,
      ]);
    }
  });
});
