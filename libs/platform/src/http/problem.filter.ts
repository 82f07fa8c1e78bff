import { Catch, Inject, Logger } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { DomainError, type FieldIssue } from '#kernel';
import { DecryptionFailed } from '#platform/crypto';

import { HttpProblem } from './errors.js';
import { withOAuthError } from './oauth-error.js';
import { ProblemRenderer, type RenderedProblem } from './problem-renderer.js';
import './request-state.js';
import type { RouteTable } from './route-table.js';
import { routeTemplateOf } from './route-template.js';
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
    const problem = withOAuthError(this.renderer.render(error, request.info), request.raw.url);
    this.report(error, problem, request);
    // The client may be gone, or a stream may have failed after its first byte: nothing left to say.
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    sendProblem(reply, problem, request.info.language);
  }

  private report(error: unknown, { document, securityEvent }: RenderedProblem, request: FastifyRequest): void {
    const route = routeTemplateOf(request);
    const { requestId } = request.info;
    if (securityEvent) {
      const reason = error instanceof DomainError && error.issues ? reasonOf(error.issues) : undefined;
      this.securityLog.event(securityEvent, { requestId, route, code: document.code, reason });
    }
    // An altered or moved value, or a key that is gone: more than a defect (OWASP Logging Vocabulary).
    if (error instanceof DecryptionFailed) this.securityLog.event('crypt_decrypt_fail', { requestId, route });
    if (document.code === 'internal_error')
      this.#logger.error({ event: 'internal_error', requestId, route, err: error });
    if (document.code === 'dependency_unavailable') {
      this.#logger.warn({ event: 'dependency_unavailable', requestId, route, err: error });
    }
  }
}

function reasonOf(issues: readonly FieldIssue[]): string {
  return [...new Set(issues.map((issue) => issue.code))].join(' ');
}

/** Unknown path: 404. Known path, other method: 405 with `Allow` (RFC 9110 §15.5.6). */
function unrouted(request: FastifyRequest): HttpProblem {
  const allow = request.server.routeTable.allowed(request.raw.url ?? '/');
  return allow.length > 0
    ? new HttpProblem('method_not_allowed', { allow: allow.join(', ') })
    : new HttpProblem('not_found');
}
