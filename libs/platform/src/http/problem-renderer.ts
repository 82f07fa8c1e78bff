import { HttpException } from '@nestjs/common';

import { DomainError, type ErrorKind, type FieldIssue } from '#kernel';

import { HttpProblem } from './errors.js';
import { PLATFORM_PROBLEMS, type PlatformProblemCode } from './platform-problems.js';
import type { FieldProblem, Language, ProblemCatalogue, ProblemDocument } from './problem.js';
import type { SecurityEventName } from './security-log.js';
import { validationMessage } from './validation-texts.js';

const STATUS_OF_KIND = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition_failed: 412,
  unprocessable: 422,
  rate_limited: 429,
  overloaded: 503,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>;

/** Statuses that Nest's own exceptions and Fastify's errors carry. */
const CODE_OF_STATUS: Readonly<Record<number, PlatformProblemCode>> = {
  400: 'bad_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  408: 'request_timeout',
  409: 'conflict',
  412: 'precondition_failed',
  413: 'payload_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  422: 'unprocessable',
  429: 'rate_limited',
  431: 'headers_too_large',
  503: 'dependency_unavailable',
};

/** RFC 6750 §3.1: a bearer token was sent and refused. */
const INVALID_TOKEN_CODES = new Set(['token_invalid', 'token_expired', 'session_revoked', 'session_idle_timeout']);
const NO_TOKEN_CODES = new Set(['token_missing', 'unauthenticated']);

/** Seconds to wait when a dependency is down and nobody knows for how long. */
const RETRY_AFTER_SECONDS = 5;

/** Where the text of one problem goes to, and in which language. */
export interface ProblemAudience {
  readonly requestId: string;
  readonly language: Language;
}

export interface RenderedProblem {
  readonly document: ProblemDocument;
  readonly headers: Readonly<Record<string, string>>;
  /** What this refusal is to the security log, if it is anything to it. */
  readonly securityEvent: SecurityEventName | undefined;
}

interface Finding {
  readonly status: number;
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly retryAfterSeconds?: number | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** Turns anything thrown into the problem document that the caller may see (RFC 9457). */
export class ProblemRenderer {
  /**
   * @param docsBase the page that explains every code; `type` is this and the code as fragment
   * @param isUnavailable recognises the errors of an unreachable dependency
   */
  constructor(
    private readonly catalogue: ProblemCatalogue,
    private readonly docsBase: string,
    private readonly isUnavailable: (error: unknown) => boolean = () => false,
  ) {}

  render(error: unknown, audience: ProblemAudience): RenderedProblem {
    const found = this.classify(error);
    const { title, detail } = this.catalogue.text(found.code, found.status, audience.language);
    const issues = error instanceof DomainError ? error.issues : undefined;
    return {
      document: {
        // First, so that no extension can replace a member that RFC 9457 defines.
        ...found.extensions,
        type: `${this.docsBase}#${found.code}`,
        title,
        status: found.status,
        detail,
        instance: audience.requestId,
        code: found.code,
        ...(issues && { errors: fieldProblems(issues, audience.language) }),
      },
      headers: { ...challenge(found), ...found.headers, ...retryAfter(found) },
      securityEvent: this.securityEventOf(found),
    };
  }

  private securityEventOf({ code, status }: Finding): SecurityEventName | undefined {
    return this.catalogue.find(code, status)?.securityEvent ?? (status === 403 ? 'authz_fail' : undefined);
  }

  private classify(error: unknown): Finding {
    if (error instanceof DomainError) {
      const { code, kind, retryAfterSeconds, extensions } = error;
      return {
        status: STATUS_OF_KIND[kind],
        code,
        retryAfterSeconds: retryAfterSeconds ?? defaultRetry(kind),
        extensions,
      };
    }
    if (error instanceof HttpProblem) {
      return { status: PLATFORM_PROBLEMS[error.code].status, code: error.code, headers: error.headers };
    }
    if (this.isUnavailable(error)) {
      return { status: 503, code: 'dependency_unavailable', retryAfterSeconds: RETRY_AFTER_SECONDS };
    }
    return classifyForeign(error);
  }
}

/** Nest's exceptions and Fastify's errors carry a status; anything else is a defect. */
function classifyForeign(error: unknown): Finding {
  const status = error instanceof HttpException ? error.getStatus() : fastifyStatus(error);
  const code = CODE_OF_STATUS[status];
  if (code === undefined)
    return status >= 400 && status < 500 ? { status, code: 'bad_request' } : { status: 500, code: 'internal_error' };
  return { status, code, retryAfterSeconds: status === 503 ? RETRY_AFTER_SECONDS : undefined };
}

function fastifyStatus(error: unknown): number {
  if (!(error instanceof Error) || !('statusCode' in error) || !('code' in error)) return 500;
  return String(error.code).startsWith('FST_') && typeof error.statusCode === 'number' ? error.statusCode : 500;
}

function defaultRetry(kind: ErrorKind): number | undefined {
  return kind === 'overloaded' || kind === 'unavailable' ? RETRY_AFTER_SECONDS : undefined;
}

function challenge({ status, code }: Finding): Record<string, string> {
  if (status !== 401) return {};
  if (INVALID_TOKEN_CODES.has(code)) return { 'www-authenticate': 'Bearer error="invalid_token"' };
  if (code === 'api_key_invalid') return { 'www-authenticate': 'ApiKey' };
  return NO_TOKEN_CODES.has(code) ? { 'www-authenticate': 'Bearer' } : {};
}

function retryAfter({ retryAfterSeconds }: Finding): Record<string, string> {
  return retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) };
}

function fieldProblems(issues: readonly FieldIssue[], language: Language): FieldProblem[] {
  return issues.map(({ pointer, code, limit }) => ({
    pointer,
    code,
    message: validationMessage(code, language, limit),
  }));
}
