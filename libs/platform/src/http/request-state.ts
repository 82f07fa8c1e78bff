import type { RequestInfo } from '#platform/context';

import type { ApiKeyPrincipal } from './api-key.js';
import type { Principal } from './principal.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asked, from where and in which language; set before any other hook runs. */
    info: RequestInfo;
    /** Set by the guard that checked the bearer token. */
    principal: Principal | undefined;
    /** Set by the guard that checked the API key; only on routes that want one. */
    apiKey: ApiKeyPrincipal | undefined;
    /**
     * `Content-Type` as it was sent. It is hidden from Fastify, so that no content type parser can answer before
     * the rate limit and the guards had their say; `BodyGuard` judges it.
     */
    contentType: string | undefined;
    /** `Content-Length` as it was sent. Hidden likewise: without it Fastify does not prepare for parsers that never run. */
    contentLength: string | undefined;
    /** See `routeTemplateOf`. */
    template: string | undefined;
  }
}
