import type { FastifyReply, FastifyRequest } from 'fastify';

import type { RouteTable } from './route-table.js';
import type { HttpSettings } from './settings.js';

const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'X-Request-Id',
  'X-Device-Token',
  'X-API-Key',
  // W3C Trace Context: what browsers' instrumentation adds to every request.
  'traceparent',
  'tracestate',
].join(', ');
const RESPONSE_HEADERS = [
  'ETag',
  'Idempotency-Replayed',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Device-Token',
  'X-Request-Id',
].join(', ');
/** Browsers cap it at 7200 (Chromium) or 86400 (Firefox). */
const PREFLIGHT_SECONDS = '600';

/**
 * Cross-origin access (Fetch standard, "CORS protocol") for exactly the configured origins. Nothing is reflected:
 * an origin that is not listed, `null` included, gets an answer that its browser will not hand over. No credentials
 * mode: tokens travel in headers, and there are no cookies.
 */
export class Cors {
  readonly #origins: ReadonlySet<string>;

  constructor(
    private readonly settings: Pick<HttpSettings, 'corsOrigins' | 'corsAllowAllOrigins'>,
    private readonly routes: RouteTable,
  ) {
    this.#origins = new Set(settings.corsOrigins.filter((origin) => origin !== 'null' && origin !== '*'));
  }

  /** Sets the headers; true when the request was an `OPTIONS` that is answered with that. */
  apply(request: FastifyRequest, reply: FastifyReply): boolean {
    const { origin } = request.headers;
    const allowed = this.allow(origin, reply);
    if (request.method !== 'OPTIONS') return false;
    const methods = this.routes.allowed(request.raw.url ?? '/');
    if (methods.length === 0) return false;
    if (allowed && request.headers['access-control-request-method'] !== undefined) {
      reply.header('access-control-allow-methods', methods.join(', '));
      reply.header('access-control-allow-headers', REQUEST_HEADERS);
      reply.header('access-control-max-age', PREFLIGHT_SECONDS);
    }
    reply.code(204).header('allow', methods.join(', ')).send();
    return true;
  }

  private allow(origin: string | undefined, reply: FastifyReply): boolean {
    const any = this.settings.corsAllowAllOrigins;
    // Also without an Origin header: a cache must not hand this answer to a browser that sends one.
    if (!any) reply.header('vary', 'Origin');
    if (origin === undefined || !(any || this.#origins.has(origin))) return false;
    reply.header('access-control-allow-origin', any ? '*' : origin);
    reply.header('access-control-expose-headers', RESPONSE_HEADERS);
    return true;
  }
}
