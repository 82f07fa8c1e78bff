import { ApplicationConfig } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

import { createServer, RateLimitGuard, type HttpSettings } from '#platform/http';

/** Bodies are read by the platform's interceptor, after the guards; Nest must not register parsers of its own. */
class HttpAdapter extends FastifyAdapter {
  override registerParserMiddleware(): void {
    // Nothing to register.
  }
}

/** For `NestFactory.create`. Limits, headers, CORS and request context are in place before any module is loaded. */
export function createHttpAdapter(settings: HttpSettings): FastifyAdapter {
  return new HttpAdapter(createServer(settings));
}

/**
 * What remains to be said to a created application; `main.ts` and every test call the same function. Pipes, filters and
 * the first guard are providers of `HttpPlatformModule`. Versions are part of the controllers' paths (`api/v1/…`), so
 * that an address found in a log is found in the source.
 */
export function configureHttp(app: NestFastifyApplication): void {
  const [first] = app.get(ApplicationConfig).getGlobalGuards();
  if (!(first instanceof RateLimitGuard)) {
    throw new Error('The rate limit must be the first global guard: import HttpPlatformModule before other modules');
  }
}
