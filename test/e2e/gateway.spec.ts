import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { RevokeApiKey } from '#identity';

import type { SignedIn } from '../support/api-client.js';
import { createApiKey, prefixOf } from '../support/api-keys.js';
import { startNginx, type TestNginx } from '../support/nginx.js';
import { send, type HeaderLines, type RawAnswer } from '../support/raw-http.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { waitFor } from '../support/wait.js';

const TEMPLATE = join(import.meta.dirname, '../../deploy/gateway/nginx.conf.template');

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What is protected: it believes every header. */
class Application {
  readonly seen: Seen[] = [];
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      this.seen.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') });
      response.end('hello');
    });
  });

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const application = new Application();
let test: TestApp;
let wire: TcpProxy;
let nginx: TestNginx;
let key: string;
let user: SignedIn;

beforeAll(async () => {
  test = await startTestApp();
  const { hostname: host, port } = new URL(test.url);
  wire = await TcpProxy.start({ host, port: Number(port) });
  key = await createApiKey(test, 'gateway:verify');
  nginx = await startNginx(TEMPLATE, {
    USER_SERVICE: `127.0.0.1:${wire.port}`,
    APPLICATION: await application.start(),
    GATEWAY_API_KEY: key,
  });
  user = await test.api.signedInUser();
});
afterAll(async () => {
  await nginx.stop();
  await application.stop();
  await wire.refuse();
  await test.close();
});
beforeEach(() => {
  application.seen.length = 0;
});

function ask(headers: HeaderLines = [], request: { method?: string; target?: string; body?: string } = {}) {
  return send(nginx.url, { target: '/orders?page=2', ...request, headers });
}
function asUser(more: HeaderLines = [], request = {}): Promise<RawAnswer> {
  return ask([['Authorization', `Bearer ${user.accessToken}`], ...more], request);
}
const ours = ({ headers }: Seen): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /^x[-_](user|session|auth|api)/.test(name)));

describe('An application behind nginx', () => {
  it('gets the requests of signed-in users, with whose they are and without what proved it', async () => {
    const answer = await asUser([['Content-Type', 'text/plain']], { method: 'POST', body: 'an order' });
    expect([answer.status, answer.text]).toEqual([200, 'hello']);

    const [seen] = application.seen;
    expect(seen).toMatchObject({ method: 'POST', url: '/orders?page=2', body: 'an order' });
    expect(ours(seen!)).toEqual({
      'x-user-id': user.userId,
      'x-session-id': user.sessionId,
      'x-user-roles': 'user',
      'x-auth-acr': '1',
    });
    expect(JSON.stringify(seen)).not.toContain(user.accessToken);
    expect(JSON.stringify(seen)).not.toContain(key);
  });

  it('never sees what a client claims about itself', async () => {
    const forged: HeaderLines = [
      ['X-User-Id', 'somebody-else'],
      ['x-user-roles', 'admin'],
      ['X-USER-ROLES', 'admin'],
      ['X_User_Roles', 'admin'],
      ['X-Session-Id', 'forged'],
      ['X-Auth-Acr', '9'],
      ['X-API-Key', 'usk_forged'],
    ];
    expect((await asUser(forged)).status).toBe(200);

    expect(ours(application.seen[0]!)).toEqual({
      'x-user-id': user.userId,
      'x-session-id': user.sessionId,
      'x-user-roles': 'user',
      'x-auth-acr': '1',
    });
  });

  it.each([
    ['nobody', [], 'Bearer'],
    ['whoever forges headers alone', [['X-User-Id', 'x']], 'Bearer'],
    ['whoever makes up a token', [['Authorization', 'Bearer x']], 'Bearer error="invalid_token"'],
  ] as const)('hears nothing of %s, who is told to sign in', async (_who, headers, challenge) => {
    const answer = await ask(headers);

    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, challenge]);
    expect(application.seen).toEqual([]);
  });

  it('hears nothing of a user from the moment their session ended', async () => {
    const gone = await test.api.signedInUser();
    const headers: HeaderLines = [['Authorization', `Bearer ${gone.accessToken}`]];
    expect((await ask(headers)).status).toBe(200);
    await test.api.logout(gone.accessToken);
    application.seen.length = 0;

    expect((await ask(headers)).status).toBe(401);
    expect(application.seen).toEqual([]);
  });

  it('cannot be reached around the check: its path is for nginx alone', async () => {
    expect((await asUser([], { target: '/_verify' })).status).toBe(404);
    expect(application.seen).toEqual([]);
  });

  it.each([
    ['stopped', () => wire.refuse()],
    [
      'silent',
      async () => {
        wire.swallow();
      },
    ],
  ])('hears nothing while the user service is %s: 503, neither a yes nor a sign-out', async (_how, cut) => {
    await cut();
    try {
      const answer = await asUser();
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
      expect(application.seen).toEqual([]);
    } finally {
      await wire.restore();
    }
    await waitFor(async () => (await asUser()).status === 200, { what: 'the gateway to let users in again' });
  });

  it('hears nothing once the key of nginx is revoked, and its users are not told to sign in again', async () => {
    await test.app.get(RevokeApiKey, { strict: false }).execute({ prefix: prefixOf(key) });
    await waitFor(async () => (await asUser()).status !== 200, { timeoutMs: 1_000 });
    application.seen.length = 0;

    const answer = await asUser();
    expect(answer.status).toBe(503);
    expect(answer.headers.get('www-authenticate')).not.toMatch(/Bearer/);
    expect(application.seen).toEqual([]);
  });
});
