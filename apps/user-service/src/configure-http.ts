import { ApplicationConfig } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { BodyGuard, createHttpAdapter, installLeanRoutes, RateLimitGuard } from '#platform/http';

export { createHttpAdapter };

/**
 * Configures an application created on `createHttpAdapter`; `main.ts` and every test call the same function. Limits,
 * headers, CORS and request context are the adapter's; pipes, filters, the first guard and the last are providers
 * of `HttpPlatformModule` and `HttpBodyModule`. Versions are part of the controllers' paths (`api/v1/…`), so that an address found in a log is
 * found in the source.
 */
export function configureHttp(app: NestFastifyApplication): void {
  const guards = app.get(ApplicationConfig).getGlobalGuards();
  const [first] = guards;
  if (!(first instanceof RateLimitGuard)) {
    throw new Error('The rate limit must be the first global guard: import HttpPlatformModule before other modules');
  }
  if (!(guards.at(-1) instanceof BodyGuard)) {
    throw new Error('The body must be read by the last global guard: import HttpBodyModule after all other modules');
  }
  // Its routes are there when the server is ready.
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onReady', async () => {
      installLeanRoutes(app);
    });
}
