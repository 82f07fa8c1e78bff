import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { ClsServiceManager } from 'nestjs-cls';
import { RequestContext } from '#platform/context';
import { createLogger } from './logger.pino.js';
import { installRequestLog } from './request-log.js';

type Line = Record<string, unknown>;
const context = new RequestContext(ClsServiceManager.getClsService());
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
let app: FastifyInstance;

async function start(): Promise<{ url: string; lines: Line[] }> {
  const lines: Line[] = [];
  const logger = createLogger(
    { level: 'info', service: 'user-service', version: '1' },
    { write: (line) => void lines.push(JSON.parse(line) as Line) },
  );
  app = fastify();
  let requests = 0;
  app.addHook('onRequest', (request, _reply, done) => {
    requests += 1;
    request.info = { requestId: `request-${String(requests)}`, ip: '203.0.113.9', language: 'en', traceparent };
    context.run(request.info, { type: 'anonymous' }, done);
  });
  installRequestLog(app, logger, context, { quietRoutes: new Set(['/health/live']) });
  app.get('/health/live', () => 'ok');
  app.get('/users/:id', async (request) => {
    const { id } = request.params as { id: string };
    await delay(id === '1' ? 20 : 1);
    context.setActor({ type: 'user', id: `user-${id}`, sessionId: `session-${id}` });
    return { id };
  });
  app.get('/denied', (_request, reply) => reply.code(403).send());
  app.get('/broken', (_request, reply) => reply.code(500).send());
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), lines };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

describe('The request log', () => {
  afterEach(() => app.close());

  it('LO-01 has one line for a request: template, status, duration, caller, outcome and network', async () => {
    const { url, lines } = await start();
    await fetch(`${url}/users/7?token=canary`);
    await until(() => lines.length === 1);
    expect(lines[0]).toMatchObject({
      level: 'info',
      event: 'http_request',
      requestId: 'request-1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      method: 'GET',
      route: '/users/:id',
      status: 200,
      outcome: 'success',
      actorType: 'user',
      actorId: 'user-7',
      sessionId: 'session-7',
      client: '203.0.113.0/24',
      durationMs: expect.any(Number) as unknown,
    });
    expect(JSON.stringify(lines)).not.toMatch(/canary|dropped|203\.0\.113\.9/);
  });

  it('LO-01 names the right caller when requests overlap on kept-alive connections', async () => {
    const { url, lines } = await start();
    const ids = Array.from({ length: 60 }, (_, index) => String(index % 3));
    await Promise.all(ids.map((id) => fetch(`${url}/users/${id}`).then((answer) => answer.text())));
    await until(() => lines.length === ids.length);
    const callers = lines.map(({ actorId }) => actorId).sort();
    expect(callers).toEqual(ids.map((id) => `user-${id}`).sort());
  });

  it.each([
    ['/denied', 403, 'denied', '/denied', 'info'],
    ['/broken', 500, 'error', '/broken', 'warn'],
    ['/no/such/path/usr_canary', 404, 'client_error', 'unmatched', 'info'],
  ])('LO-02 says how %s ended, and never its URL', async (path, status, outcome, route, level) => {
    const { url, lines } = await start();
    await fetch(`${url}${path}`);
    await until(() => lines.length === 1);
    expect(lines[0]).toMatchObject({ status, outcome, route, level, actorType: 'anonymous' });
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  it('keeps probes out of the log', async () => {
    const { url, lines } = await start();
    await fetch(`${url}/health/live`);
    await fetch(`${url}/denied`);
    await until(() => lines.length === 1);
    expect(lines[0]).toMatchObject({ route: '/denied' });
  });
});
