import { applyDecorators, Inject, Injectable, Logger, SetMetadata, UseInterceptors } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { firstValueFrom, of, type Observable } from 'rxjs';

import { DomainError } from '#kernel';

import { HttpProblem } from './errors.js';
import { IdempotencyStore, type IdempotencyClaim, type StoredAnswer } from './idempotency-store.js';
import { ProblemRenderer } from './problem-renderer.js';
import './request-state.js';
import { PROBLEM_CONTENT_TYPE } from './send-problem.js';

export const IS_IDEMPOTENT = 'http.idempotent';
/** api.md: "Idempotency-Key is accepted on POST that creates". Visible ASCII, as the IETF draft's sf-string allows. */
const KEY = /^[\x21-\x7e]{1,255}$/;
const JSON_CONTENT_TYPE = 'application/json; charset=utf-8';
/** Answers that say nothing about the request itself: a retry may fare better, so they are not kept. */
const NOT_FINAL = new Set([401, 403, 408, 425, 429]);

/** 409: the first request with this key is still at work. */
export class IdempotencyInProgress extends DomainError {
  readonly code = 'idempotency_in_progress';
  readonly kind = 'conflict';
  override readonly retryAfterSeconds = 1;

  constructor() {
    super('A request with this idempotency key is still at work');
  }
}

/** Lets clients repeat a creating POST safely by sending the same `Idempotency-Key`. Without the header: no effect. */
export function Idempotent(): MethodDecorator {
  return applyDecorators(UseInterceptors(IdempotencyInterceptor), SetMetadata(IS_IDEMPOTENT, true));
}

@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  readonly #logger = new Logger(IdempotencyInterceptor.name);

  constructor(
    @Inject(IdempotencyStore) private readonly store: IdempotencyStore,
    @Inject(ProblemRenderer) private readonly problems: ProblemRenderer,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const header = request.headers['idempotency-key'];
    if (header === undefined) return next.handle();
    const claim = claimOf(request, header);
    const reservation = await this.store.reserve(claim);
    if (reservation.outcome === 'in_progress') throw new IdempotencyInProgress();
    if (reservation.outcome === 'other_request') throw new HttpProblem('idempotency_key_reused');
    if (reservation.outcome === 'answered') return of(replay(reply, reservation.answer));
    return of(await this.first(claim, request, reply, next));
  }

  private async first(
    claim: IdempotencyClaim,
    request: FastifyRequest,
    reply: FastifyReply,
    next: CallHandler,
  ): Promise<unknown> {
    let result: unknown;
    try {
      result = await firstValueFrom<unknown, undefined>(next.handle(), { defaultValue: undefined });
    } catch (error) {
      await this.settle(claim, this.answerOf(error, request));
      throw error;
    }
    const body = result === undefined ? '' : JSON.stringify(result);
    await this.settle(claim, { status: reply.statusCode, body });
    if (body === '') return undefined;
    // The very text that is kept, so that a replay is identical to the byte.
    reply.header('content-type', JSON_CONTENT_TYPE);
    return body;
  }

  private answerOf(error: unknown, request: FastifyRequest): StoredAnswer | undefined {
    const { document } = this.problems.render(error, request.info);
    const final = document.status < 500 && !NOT_FINAL.has(document.status);
    return final ? { status: document.status, body: JSON.stringify(document) } : undefined;
  }

  /** The work is done whatever happens here: its answer must not turn into an error. The lock runs out by itself. */
  private async settle(claim: IdempotencyClaim, answer: StoredAnswer | undefined): Promise<void> {
    try {
      await (answer ? this.store.complete(claim, answer) : this.store.release(claim));
    } catch (error) {
      this.#logger.warn({ event: 'idempotency_not_settled', err: error });
    }
  }
}

function claimOf(request: FastifyRequest, header: string | string[]): IdempotencyClaim {
  if (typeof header !== 'string' || !KEY.test(header)) throw new HttpProblem('idempotency_key_invalid');
  return {
    key: header,
    route: `${request.method} ${request.routeOptions.url ?? ''}`,
    caller: request.principal ? `user:${request.principal.userId}` : `address:${request.ip}`,
    request: JSON.stringify([request.params, request.query, request.body ?? null]),
  };
}

function replay(reply: FastifyReply, { status, body }: StoredAnswer): string | undefined {
  reply.code(status).header('idempotency-replayed', 'true');
  if (body === '') return undefined;
  reply.header('content-type', status >= 400 ? PROBLEM_CONTENT_TYPE : JSON_CONTENT_TYPE);
  return body;
}
