import { once } from 'node:events';
import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Post, Req } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

import { createTestApp, exchange, listen } from '../../testing/http-app.js';
import { HTTP_LIMITS } from './settings.js';

@Controller('api/v1')
class EchoController {
  @Get('who')
  who(@Req() { info }: FastifyRequest): unknown {
    return info;
  }

  @Post('echo')
  echo(@Body() body: Record<string, unknown>): unknown {
    return body;
  }
}

describe('Connections', () => {
  let app: NestFastifyApplication;
  let port: number;

  beforeAll(async () => {
    app = await createTestApp({
      controllers: [EchoController],
      http: {
        trustedProxies: ['192.0.2.1'],
        limits: { requestTimeout: 500, headersTimeout: 300, connectionsCheckingInterval: 50 },
      },
    });
    port = await listen(app);
  });
  afterAll(() => app.close());

  describe('HT-06 slow clients', () => {
    it('are cut off while headers or body trickle in, and nobody else notices', async () => {
      const opened = performance.now();
      const headers = Array.from({ length: 100 }, () =>
        exchange(port, 'GET /api/v1/who HTTP/1.1\r\nHost: x\r\nX-Slow: '),
      );
      const bodies = Array.from({ length: 50 }, () =>
        exchange(
          port,
          'POST /api/v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
        ),
      );
      const silent = Array.from({ length: 50 }, () => exchange(port, ''));

      const answer = await fetch(`http://127.0.0.1:${String(port)}/api/v1/who`);
      expect(answer.status).toBe(200);
      for (const text of await Promise.all([...headers, ...bodies])) expect(text).toMatch(/^HTTP\/1\.1 408 /);
      await Promise.all(silent);
      expect(performance.now() - opened).toBeLessThan(5_000);
    });

    it('that send a byte now and then are cut off all the same', async () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      const timer = setInterval(() => socket.write('a'), 20);
      socket.write('GET /api/v1/who HTTP/1.1\r\nX-Slow: ');

      await new Promise((resolve) => socket.on('close', resolve));
      clearInterval(timer);
      expect(socket.destroyed).toBe(true);
    });

    it('meet the limits of the house by default', () => {
      expect(HTTP_LIMITS).toMatchObject({ requestTimeout: 15_000, headersTimeout: 10_000, keepAliveTimeout: 72_000 });
    });

    it('leave no error behind when they hang up in the middle of a body', async () => {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.write(
            'POST /api/v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
            () => {
              socket.resetAndDestroy();
              resolve();
            },
          );
        });
      });

      expect((await fetch(`http://127.0.0.1:${String(port)}/api/v1/who`)).status).toBe(200);
    });
  });

  it('are bounded in number, and one that ends makes room for another', async () => {
    const small = await createTestApp({ controllers: [EchoController], http: { limits: { maxConnections: 2 } } });
    const address = await listen(small);
    const [first, second] = [connect(address, '127.0.0.1'), connect(address, '127.0.0.1')];
    await Promise.all([once(first, 'connect'), once(second, 'connect')]);
    const ask = (): Promise<number> =>
      fetch(`http://127.0.0.1:${String(address)}/api/v1/who`).then(
        ({ status }) => status,
        () => 0,
      );

    expect(await ask()).toBe(0);
    first.destroy();
    let answer = 0;
    while (answer === 0) answer = await ask();
    expect(answer).toBe(200);
    second.destroy();
    await small.close();
  });

  it('answers malformed HTTP with a problem document and closes', async () => {
    for (const bytes of [
      '\r\n\r\nnonsense\r\n\r\n',
      'GET / HTTP/1.1\r\nBad Header\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
    ]) {
      const answer = await exchange(port, bytes);

      expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"bad_request"/);
      expect(answer).toMatch(/connection: close/i);
      expect(answer).toMatch(/x-content-type-options: nosniff/);
    }
  });

  it('refuses contradicting lengths, which smuggle requests past proxies', async () => {
    const answer = await exchange(
      port,
      'POST /api/v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    );

    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  describe('HT-07 forwarded facts', () => {
    const forged = {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'for=203.0.113.9;host=evil.example',
      'x-real-ip': '203.0.113.9',
      'x-user-id': 'admin',
    };

    it('are not believed from a peer that is no trusted proxy', async () => {
      const answer = await app.inject({ url: '/api/v1/who', remoteAddress: '192.0.2.2', headers: forged });

      expect(answer.json()).toMatchObject({ ip: '192.0.2.2' });
      expect(answer.body).not.toMatch(/203\.0\.113\.9|evil|admin/);
    });

    it('give the nearest untrusted address when they come from a trusted proxy', async () => {
      const headers = { ...forged, 'x-forwarded-for': '198.51.100.1, 203.0.113.9' };
      const answer = await app.inject({ url: '/api/v1/who', remoteAddress: '192.0.2.1', headers });

      expect(answer.json()).toMatchObject({ ip: '203.0.113.9' });
    });
  });
});
