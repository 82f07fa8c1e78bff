import { Catch, Inject, Logger } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { HttpProblem, ValidationFailed } from './errors.js';
import { ProblemRenderer, type RenderedProblem } from './problem-renderer.js';
import './request-state.js';
import type { RouteTable } from './route-table.js';
import { SecurityLog } from './security-log.js';
import { sendProblem } from './send-problem.js';

declare module 'fastify' {
  interface FastifyInstance {
    routeTable: RouteTable;
  }
}

/** The only place where an error becomes an answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  constructor(
    @Inject(ProblemRenderer) private readonly renderer: ProblemRenderer,
    @Inject(SecurityLog) private readonly securityLog: SecurityLog,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = request.is404 ? unrouted(request) : thrown;
    const problem = this.renderer.render(error, request.info);
    this.report(error, problem, request);
    // The client may be gone, or a stream may have failed after its first byte: nothing left to say.
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    sendProblem(reply, problem, request.info.language);
  }

  private report(error: unknown, { document }: RenderedProblem, request: FastifyRequest): void {
    const route = request.routeOptions.url ?? 'unmatched';
    const { requestId } = request.info;
    if (document.status === 403) this.securityLog.event('authz_fail', { requestId, route, code: document.code });
    if (error instanceof ValidationFailed) {
      const reason = [...new Set(error.issues.map((issue) => issue.code))].join(' ');
      this.securityLog.event('input_validation_fail', { requestId, route, reason });
    }
    if (document.code === 'internal_error')
      this.#logger.error({ event: 'internal_error', requestId, route, err: error });
    if (document.code === 'dependency_unavailable') {
      this.#logger.warn({ event: 'dependency_unavailable', requestId, route, err: error });
    }
  }
}

/** Unknown path: 404. Known path, other method: 405 with `Allow` (RFC 9110 §15.5.6). */
function unrouted(request: FastifyRequest): HttpProblem {
  const allow = request.server.routeTable.allowed(request.raw.url ?? '/');
  return allow.length > 0
    ? new HttpProblem('method_not_allowed', { allow: allow.join(', ') })
    : new HttpProblem('not_found');
}
