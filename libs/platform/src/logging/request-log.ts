import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor, RequestContext } from '#platform/context';
import { routeTemplateOf } from '#platform/http';
import type { AppLogger, RequestLine } from './app-logger.js';
import { clientNetwork } from './client-network.js';
import { traceIdOf } from './trace-context.js';

export interface RequestLogOptions {
  /** Route templates that are asked all the time by machines (probes, scrapes); logged at `debug` unless they fail. */
  readonly quietRoutes?: ReadonlySet<string>;
}

function outcomeOf(status: number): RequestLine['outcome'] {
  if (status >= 500) {
    return 'error';
  }
  if (status === 401 || status === 403 || status === 429) {
    return 'denied';
  }
  return status >= 400 ? 'client_error' : 'success';
}

/**
 * Who asked. The ambient context is believed only if it is this request's: on a connection that is kept alive, the end
 * of one answer may be noticed while another request is at work.
 */
function actorOf(request: FastifyRequest, context: RequestContext): Actor {
  const { info, principal } = request;
  if (context.info?.requestId === info.requestId) {
    return context.actor;
  }
  return principal === undefined
    ? { type: 'anonymous' }
    : { type: 'user', id: principal.userId, sessionId: principal.sessionId };
}

function lineOf(request: FastifyRequest, reply: FastifyReply, context: RequestContext): RequestLine {
  const { info } = request;
  const actor = actorOf(request, context);
  return {
    event: 'http_request',
    requestId: info.requestId,
    traceId: traceIdOf(info.traceparent),
    method: request.method,
    route: routeTemplateOf(request),
    status: reply.statusCode,
    durationMs: Math.round(reply.elapsedTime * 10) / 10,
    outcome: outcomeOf(reply.statusCode),
    actorType: actor.type,
    actorId: actor.id ?? actor.apiKeyId,
    sessionId: actor.sessionId,
    client: clientNetwork(info.ip),
  };
}

/** Writes one line for every finished request. Call it before the application starts to listen. */
export function installRequestLog(
  fastify: FastifyInstance,
  logger: AppLogger,
  context: RequestContext,
  options: RequestLogOptions = {},
): void {
  const quiet = options.quietRoutes ?? new Set<string>();
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const line = lineOf(request, reply, context);
    if (reply.statusCode >= 500) {
      logger.request('warn', line, 'request failed');
    } else {
      logger.request(quiet.has(line.route) ? 'debug' : 'info', line, 'request finished');
    }
    done();
  });
}
