import { ApplicationConfig } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { createHttpAdapter, RateLimitGuard } from '#platform/http';

export { createHttpAdapter };

/**
 * Configures an application created on `createHttpAdapter`; `main.ts` and every test call the same function. Limits,
 * headers, CORS and request context are the adapter's; pipes, filters and the first guard are providers of
 * `HttpPlatformModule`. Versions are part of the controllers' paths (`api/v1/…`), so that an address found in a log is
 * found in the source.
 */
export function configureHttp(app: NestFastifyApplication): void {
  const [first] = app.get(ApplicationConfig).getGlobalGuards();
  if (!(first instanceof RateLimitGuard)) {
    throw new Error('The rate limit must be the first global guard: import HttpPlatformModule before other modules');
  }
}
