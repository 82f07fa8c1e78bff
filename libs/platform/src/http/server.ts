import type { IncomingMessage } from 'node:http';

import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ClsServiceManager } from 'nestjs-cls';

import { RequestContext } from '#platform/context';

import { ClientErrors } from './client-errors.js';
import { Cors } from './cors.js';
import { HttpProblem } from './errors.js';
import { keepRoomForLeanRoutes } from './lean-routes.js';
import { PLATFORM_PROBLEMS } from './platform-problems.js';
import { docsBaseOf } from './problem-page.js';
import { ProblemRenderer } from './problem-renderer.js';
import { ProblemCatalogue } from './problem.js';
import { isRepeated } from './raw-headers.js';
import { RefusedRequests } from './refused-requests.js';
import { requestIdOf, requestInfoOf } from './request-info.js';
import './request-state.js';
import { RouteTable } from './route-table.js';
import { securityHeaders } from './security-headers.js';
import { sendProblem } from './send-problem.js';
import { HTTP_LIMITS, type HttpLimits, type HttpSettings } from './settings.js';
import { UntrustedProxy } from './untrusted-proxy.js';

/**
 * The HTTP server below Nest: its limits, and everything that holds for every request, also for those that match no
 * route or fail before a route is looked for.
 */
export function createServer(settings: HttpSettings): FastifyInstance {
  const limits: HttpLimits = { ...HTTP_LIMITS, ...settings.limits };
  const headers = securityHeaders(settings.production);
  const problems = new ProblemRenderer(new ProblemCatalogue([PLATFORM_PROBLEMS]), docsBaseOf(settings.publicBaseUrl));
  const refusedRequests = new RefusedRequests();
  const clientErrors = new ClientErrors(problems, headers.api, refusedRequests);
  const routes = new RouteTable();
  const cors = new Cors(settings, routes);
  const untrustedProxy = new UntrustedProxy();
  const prepare = (request: FastifyRequest, reply: FastifyReply): void => {
    request.info = requestInfoOf(request.raw, request.id, request.ip);
    const isDocs = request.raw.url?.startsWith('/docs') === true;
    reply.headers(isDocs ? headers.docs : headers.api);
    // Routes whose answer may be kept (JWKS) say so themselves.
    reply.header('x-request-id', request.id).header('cache-control', 'no-store');
  };

  const server = fastify({
    ...serverOptions(settings, limits),
    clientErrorHandler: clientErrors.onClientError,
    frameworkErrors: (error, request, reply) => {
      prepare(request, reply);
      const problem = error.statusCode === 414 ? new HttpProblem('uri_too_long') : new HttpProblem('bad_request');
      const rendered = problems.render(problem, request.info);
      const { status, code } = rendered.document;
      refusedRequests.report({ method: request.method, status, code, info: request.info });
      sendProblem(reply, rendered, request.info.language);
    },
  });
  server.server.maxConnections = limits.maxConnections;
  server.server.on('connect', clientErrors.onConnect);
  // RFC 9110 §10.1.1 lets a server ignore expectations it does not know; Node would answer 417 past everything here.
  server.server.on('checkExpectation', (request, response) => server.server.emit('request', request, response));
  server.decorate('routeTable', routes);
  server.decorate('refusedRequests', refusedRequests);
  server.addHook('onRoute', ({ url, method }) => {
    routes.add(url, method);
  });
  keepRoomForLeanRoutes(server);
  server.addHook('onRequest', (request, reply, done) => {
    prepare(request, reply);
    untrustedProxy.look(request);
    hideBody(request);
    const refusal = refusalOf(request.raw, limits);
    if (refusal) sendProblem(reply, problems.render(refusal, request.info), request.info.language);
    else if (!cors.apply(request, reply)) done();
  });
  keepContext(server);
  leaveBodiesAlone(server);
  return server;
}

function refusalOf(request: IncomingMessage, { maxUrlLength }: HttpLimits): HttpProblem | undefined {
  if ((request.url ?? '').length > maxUrlLength) return new HttpProblem('uri_too_long');
  // RFC 9112 §3.2: exactly one Host; who routes by another line means another request.
  const hasHost = request.headers.host !== undefined || request.httpVersion === '1.0';
  return hasHost && !isRepeated(request, 'host') ? undefined : new HttpProblem('bad_request');
}

function serverOptions(settings: HttpSettings, limits: HttpLimits): object {
  return {
    logger: false,
    trustProxy: settings.trustedProxies.length > 0 && [...settings.trustedProxies],
    genReqId: requestIdOf,
    bodyLimit: limits.maxBodySize,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    http: {
      requestTimeout: limits.requestTimeout,
      headersTimeout: limits.headersTimeout,
      keepAliveTimeout: limits.keepAliveTimeout,
      connectionsCheckingInterval: limits.connectionsCheckingInterval,
      maxHeaderSize: limits.maxHeaderSize,
      // Checked in `refusalOf`: Node's own answer is no problem document.
      requireHostHeader: false,
    },
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      useSemicolonDelimiter: false,
      maxParamLength: limits.maxParamLength,
    },
  };
}

/** Fastify would judge the media type, and look for a parser, before any guard runs; `BodyGuard` does it after them. */
function hideBody(request: FastifyRequest): void {
  const { headers } = request.raw;
  request.contentType = headers['content-type'];
  request.contentLength = headers['content-length'];
  if (request.contentType === undefined && request.contentLength === undefined) return;
  // Assigned, not deleted: V8 makes an object slow from which a property was deleted.
  Object.assign(headers, { 'content-type': undefined, 'content-length': undefined });
}

/** Everything a request causes runs inside of its context. */
function keepContext(server: FastifyInstance): void {
  const context = new RequestContext(ClsServiceManager.getClsService());
  server.addHook('onRequest', (request, _reply, done) => {
    context.run(request.info, { type: 'anonymous' }, done);
  });
}

/** Bodies stay unread in the socket until the guards have agreed: see `BodyGuard`. */
function leaveBodiesAlone(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _payload, done) => {
    done(null, undefined);
  });
}
