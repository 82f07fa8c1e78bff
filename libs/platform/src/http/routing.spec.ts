import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Delete, Get, Header, HttpCode, Injectable, Patch, Post, Module } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { DomainError } from '#kernel';

import { createTestApp, exchange, listen } from '../../testing/http-app.js';

class TokenMissing extends DomainError {
  readonly code = 'token_missing';
  readonly kind = 'unauthenticated';
}

@Injectable()
class ClosedGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getClass() === AdminController) throw new TokenMissing('no token');
    return true;
  }
}

@Module({ providers: [{ provide: APP_GUARD, useClass: ClosedGuard }] })
class ClosedModule {}

@Controller('api/v1/things')
class ThingsController {
  @Get(':id')
  get(): unknown {
    return {};
  }

  @Patch(':id')
  patch(): unknown {
    return {};
  }

  @Delete(':id')
  @HttpCode(204)
  remove(): void {
    return;
  }

  @Post('login')
  login(@Body() body: Record<string, unknown>): unknown {
    return body;
  }
}

@Controller('api/v1/admin')
class AdminController {
  @Get()
  get(): unknown {
    return { secret: true };
  }
}

@Controller('.well-known')
class MetadataController {
  @Get('jwks.json')
  @Header('Cache-Control', 'public, max-age=300')
  jwks(): unknown {
    return { keys: [] };
  }
}

describe('Routing', () => {
  let app: NestFastifyApplication;
  let port: number;

  beforeAll(async () => {
    app = await createTestApp({
      controllers: [ThingsController, AdminController, MetadataController],
      modules: [ClosedModule],
      http: { corsOrigins: ['https://app.example', 'null'] },
    });
    port = await listen(app);
  });
  afterAll(() => app.close());

  const ask = (method: string, url: string, headers: Record<string, string> = {}) =>
    app.inject({ method: method as 'GET', url, headers });

  describe('HT-03 methods', () => {
    it.each(['PUT', 'POST', 'TRACE', 'PURGE', 'PROPFIND'])(
      'answers %s on a known path with 405 and Allow',
      async (method) => {
        const answer = await ask(method, '/api/v1/things/7?x=1');

        expect(answer.statusCode).toBe(405);
        expect(answer.headers.allow).toBe('DELETE, GET, HEAD, OPTIONS, PATCH');
        expect(answer.json()).toMatchObject({ code: 'method_not_allowed' });
      },
    );

    it('answers unknown paths with 404, whatever the method', async () => {
      for (const method of ['GET', 'POST', 'TRACE', 'OPTIONS']) {
        const answer = await ask(method, '/api/v1/nowhere');

        expect(answer.json()).toMatchObject({ status: 404, code: 'not_found' });
        expect(answer.headers.allow).toBeUndefined();
      }
    });

    it('tells what a path can do when asked by OPTIONS', async () => {
      const answer = await ask('OPTIONS', '/api/v1/things/login');

      expect(answer.statusCode).toBe(204);
      expect(answer.headers.allow).toBe('DELETE, GET, HEAD, OPTIONS, PATCH, POST');
    });

    it('answers HEAD like GET, without a body', async () => {
      const answer = await ask('HEAD', '/api/v1/things/7');

      expect(answer.statusCode).toBe(200);
      expect(answer.body).toBe('');
    });

    it('ignores method overrides', async () => {
      const answer = await app.inject({
        method: 'POST',
        url: '/api/v1/things/login?_method=DELETE',
        headers: {
          'x-http-method-override': 'DELETE',
          'x-method-override': 'DELETE',
          'content-type': 'application/json',
        },
        payload: '{}',
      });

      expect(answer.statusCode).toBe(201);
    });

    it('refuses CONNECT and methods that do not exist', async () => {
      expect(await exchange(port, 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n')).toMatch(
        /^HTTP\/1\.1 405 /,
      );
      expect(await exchange(port, 'HACK / HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(
        /^HTTP\/1\.1 400 [^]*"code":"bad_request"/,
      );
    });
  });

  describe('LG-10 credentials in a query', () => {
    it('reach no sign-in and are repeated nowhere in the answer', async () => {
      const answer = await ask('PUT', '/api/v1/things/login?password=hunter2');

      expect(answer.statusCode).toBe(405);
      expect(answer.body + JSON.stringify(answer.headers)).not.toContain('hunter2');
    });
  });

  describe('HT-08 guards follow the route, not the spelling of the path', () => {
    it.each([
      '/api/v1/admin',
      '/api/v1/%61dmin',
      '/api/v1//admin',
      '//api/v1/admin',
      '/api/v1/admin/',
      '/api/v1/ADMIN',
      '/api/v1/admin;x',
      '/api/v1/./admin',
      '/api/v1/things/../admin',
      '/api/v1/things/%2e%2e/admin',
      '/api/v1/admin%2f',
      '/api/v1/admin%00',
      '/api/v1/admin?x',
      '/api/v1/admin#x',
      '/api/v1/admin%20',
      '/api%2fv1%2fadmin',
    ])('never lets %s through without a token', async (path) => {
      const answer = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);

      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).not.toContain('secret');
    });

    it('answers absolute-form targets as problem documents or by the same route', async () => {
      const answer = await exchange(port, 'GET http://x/api/v1/admin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');

      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d [^]*application\/problem\+json/);
    });
  });

  describe('HT-10 headers', () => {
    it('are on every answer, errors included', async () => {
      for (const answer of [
        await ask('GET', '/api/v1/things/7'),
        await ask('GET', '/api/v1/admin'),
        await ask('GET', '/nowhere'),
        await ask('PUT', '/api/v1/admin'),
        await ask('GET', '/%ff'),
        await ask('OPTIONS', '/api/v1/admin'),
      ]) {
        expect(answer.headers).toMatchObject({
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'cache-control': 'no-store',
          'strict-transport-security': 'max-age=31536000; includeSubDomains',
          'referrer-policy': 'no-referrer',
        });
        expect(answer.headers['content-security-policy']).toMatch(/default-src 'none';frame-ancestors 'none'/);
        expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
        expect(answer.headers).not.toHaveProperty('server');
        expect(answer.headers).not.toHaveProperty('x-powered-by');
      }
    });

    it('let a route that may be cached say so', async () => {
      expect((await ask('GET', '/.well-known/jwks.json')).headers['cache-control']).toBe('public, max-age=300');
    });

    it('let the pages below /docs load their own scripts and styles', async () => {
      const policy = String((await ask('GET', '/docs/errors')).headers['content-security-policy']);

      expect(policy).toMatch(/script-src 'self'/);
      expect(policy).toMatch(/frame-ancestors 'none'/);
    });

    it('do not demand TLS where the service runs with DEBUG', async () => {
      const debug = await createTestApp({ controllers: [], http: { production: false } });

      expect((await debug.inject('/docs/errors')).headers).not.toHaveProperty('strict-transport-security');
      await debug.close();
    });
  });

  describe('HT-11 origins', () => {
    it('are allowed exactly as configured', async () => {
      const answer = await ask('GET', '/api/v1/things/7', { origin: 'https://app.example' });

      expect(answer.headers['access-control-allow-origin']).toBe('https://app.example');
      expect(answer.headers.vary).toBe('Origin');
      expect(answer.headers['access-control-expose-headers']).toMatch(/ETag.*RateLimit.*Retry-After.*X-Request-Id/);
      expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
    });

    it.each([
      'null',
      'https://evil.example',
      'https://sub.app.example',
      'https://app.example.evil.example',
      'https://app.example:8443',
      'http://app.example',
      'HTTPS://APP.EXAMPLE',
      '*',
    ])('are refused otherwise: %s', async (origin) => {
      for (const [method, headers] of [
        ['GET', { origin }],
        ['OPTIONS', { origin, 'access-control-request-method': 'GET' }],
      ] as const) {
        const answer = await ask(method, '/api/v1/things/7', headers);

        expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
        expect(answer.headers.vary).toBe('Origin');
      }
    });

    it('get their preflight answered before any guard', async () => {
      const answer = await ask('OPTIONS', '/api/v1/admin', {
        origin: 'https://app.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'x-anything',
      });

      expect(answer.statusCode).toBe(204);
      expect(answer.headers['access-control-allow-methods']).toBe('GET, HEAD, OPTIONS');
      // What the service reads and browsers do not send unasked; the last two come from their instrumentation.
      expect(answer.headers['access-control-allow-headers']).toBe(
        'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id, X-Device-Token, ' +
          'X-API-Key, traceparent, tracestate',
      );
    });

    it('read error answers as well', async () => {
      const answer = await ask('GET', '/nowhere', { origin: 'https://app.example' });

      expect(answer.headers['access-control-allow-origin']).toBe('https://app.example');
      expect(answer.headers.vary).toBe('Origin, Accept-Language');
    });

    it('are all allowed, without credentials, where the settings say so', async () => {
      const open = await createTestApp({ controllers: [], http: { corsAllowAllOrigins: true } });
      const answer = await open.inject({ url: '/docs/errors', headers: { origin: 'https://any.example' } });

      expect(answer.headers['access-control-allow-origin']).toBe('*');
      await open.close();
    });
  });
});
