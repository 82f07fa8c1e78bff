import type { FastifyRequest } from 'fastify';

import './request-state.js';

export const UNMATCHED_ROUTE = 'unmatched';

/**
 * The route as it was registered, for logs, metrics and events: never the URL, which carries tokens and ids. Paths that
 * match no route share one word, so that callers cannot make up values. Fastify collects a dozen facts whenever it is
 * asked, so it is asked once.
 */
export function routeTemplateOf(request: FastifyRequest): string {
  request.template ??= templateOf(request);
  return request.template;
}

function templateOf(request: FastifyRequest): string {
  const { url } = request.routeOptions;
  return url === undefined || url === '*' ? UNMATCHED_ROUTE : url;
}
