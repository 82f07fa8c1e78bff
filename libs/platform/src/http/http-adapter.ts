import { FastifyAdapter } from '@nestjs/platform-fastify';

import { createServer } from './server.js';
import type { HttpSettings } from './settings.js';

/** Bodies are read by `BodyGuard`, after the guards; Nest must not register parsers of its own. */
class HttpAdapter extends FastifyAdapter {
  override registerParserMiddleware(): void {
    // Nothing to register.
  }

  /** There is no middleware in the house (guards and hooks do its work), so no request pays for looking for one. */
  override async init(): Promise<void> {
    // Nothing to register either.
  }
}

/** For `NestFactory.create`. Limits, headers, CORS and request context are in place before any module is loaded. */
export function createHttpAdapter(settings: HttpSettings): FastifyAdapter {
  return new HttpAdapter(createServer(settings));
}
