import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { installHttpMetrics } from './http-metrics.js';
import { MetricsRegistry } from './metrics-registry.js';
import { MetricsServer } from './metrics-server.js';
import { MetricsModule } from './metrics.module.js';

const TOKEN = 'scrape-token-of-at-least-32-characters';

@Controller('users')
class UsersController {
  @Get('me')
  me(): string {
    return 'me';
  }

  @Get(':id')
  read(@Param('id') id: string): string {
    return id;
  }
}

@Module({ controllers: [UsersController] })
class UsersModule {}

let app: NestFastifyApplication;

async function start(settings: { port?: number; token?: string } = {}): Promise<MetricsRegistry> {
  const module = await Test.createTestingModule({
    imports: [UsersModule, MetricsModule.forRoot({ host: '127.0.0.1', port: settings.port, token: settings.token })],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  const metrics = app.get(MetricsRegistry);
  installHttpMetrics(app.getHttpAdapter().getInstance(), metrics, { core: new Set(['GET /users/me']) });
  await app.init();
  return metrics;
}

const scrape = (authorization?: string) =>
  app.inject({ url: '/metrics', headers: authorization === undefined ? {} : { authorization } });

describe('/metrics', () => {
  afterEach(() => app.close());

  it('has process, event loop and HTTP figures by route template and status', async () => {
    await start();
    await app.inject('/users/me');
    await app.inject('/users/42');
    await app.inject('/nothing/here');
    const answer = await scrape();
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(answer.body).toContain('process_resident_memory_bytes');
    expect(answer.body).toContain('http_requests_total{method="GET",route="/users/me",code="200",slo="core"} 1');
    expect(answer.body).toContain('http_requests_total{method="GET",route="/users/:id",code="200",slo="none"} 1');
    expect(answer.body).toContain('http_requests_total{method="GET",route="unmatched",code="404",slo="none"} 1');
    expect(answer.body).toContain('http_request_duration_seconds_bucket{le="0.15",method="GET",route="/users/me"} 1');
  });

  it('LO-05 has no more series after many users, paths and methods than after a few', async () => {
    await start();
    const visit = async (from: number, to: number): Promise<number> => {
      for (let user = from; user < to; user += 1) {
        await app.inject(`/users/${String(user)}?email=user-${String(user)}@example.com`);
        await app.inject({ method: user % 2 ? 'PURGE' : 'PROPFIND', url: `/unknown-${String(user)}` } as never);
      }
      const { body } = await scrape();
      expect(body).not.toMatch(/user-\d|unknown-|PURGE/);
      return body.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
    };
    // The first scrape is itself counted in the second.
    await visit(0, 5);
    const few = await visit(5, 10);
    expect(await visit(10, 1_000)).toBe(few);
    expect(few).toBeLessThan(2_000);
  });

  it('HT-12 answers 401 to anyone without the token when there is one', async () => {
    await start({ token: TOKEN });
    for (const authorization of [undefined, 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
      const answer = await scrape(authorization);
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.body).not.toContain('process_');
    }
    expect((await scrape(`Bearer ${TOKEN}`)).statusCode).toBe(200);
  });

  it('HT-12 is only on the port of its own when there is one, and nothing else is there', async () => {
    await start({ port: 0, token: TOKEN });
    expect((await scrape(`Bearer ${TOKEN}`)).statusCode).toBe(404);
    const base = `http://127.0.0.1:${String(app.get(MetricsServer).port)}`;
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${base}/metrics`, { headers });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('process_cpu')]);
    expect((await fetch(`${base}/metrics`)).status).toBe(401);
    expect((await fetch(`${base}/users/me`, { headers })).status).toBe(404);
    expect((await fetch(`${base}/metrics`, { headers, method: 'POST' })).status).toBe(404);
  });

  it('answers 500 on its own port when it cannot be read, and lives on', async () => {
    const metrics = await start({ port: 0 });
    const text = jest.spyOn(metrics, 'text').mockRejectedValueOnce(new Error('not now'));
    const url = `http://127.0.0.1:${String(app.get(MetricsServer).port)}/metrics`;

    expect((await fetch(url)).status).toBe(500);
    expect((await fetch(url)).status).toBe(200);
    expect(text).toHaveBeenCalledTimes(2);
  });

  it('tells how many connections are open, and how many were one too many', async () => {
    const metrics = await start();
    const server = app.getHttpServer();
    server.maxConnections = 1;
    await app.listen(0, '127.0.0.1');
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    await once(server, 'connection');
    connect(port, '127.0.0.1').on('error', () => undefined);
    await once(server, 'drop');

    const text = await metrics.text();
    socket.destroy();
    expect(text).toMatch(/^http_connections 1$/m);
    expect(text).toMatch(/^http_connections_refused_total 1$/m);
  });
});
