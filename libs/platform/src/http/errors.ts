import { DomainError, type FieldIssue } from '#kernel';

import type { PlatformProblemCode } from './platform-problems.js';

/** A refusal by the HTTP edge itself, before or around the use case. Its status stands in `PLATFORM_PROBLEMS`. */
export class HttpProblem extends Error {
  constructor(
    readonly code: PlatformProblemCode,
    readonly headers: Readonly<Record<string, string>> = {},
    options?: { cause?: unknown },
  ) {
    super(code, options);
    this.name = 'HttpProblem';
  }
}

/** 400 with one entry per broken rule. Also for checks that only the use case's own HTTP adapter can make. */
export class ValidationFailed extends DomainError {
  readonly code = 'validation_failed';
  readonly kind = 'invalid';

  constructor(override readonly issues: readonly FieldIssue[]) {
    super('The request breaks validation rules');
  }
}

/** 404 for an identifier that is unknown, malformed or not the caller's: one answer, so that none can be probed. */
export class ResourceNotFound extends DomainError {
  readonly code = 'not_found';
  readonly kind = 'not_found';

  constructor() {
    super('There is no such resource for this caller');
  }
}

export class RateLimited extends DomainError {
  readonly code = 'rate_limited';
  readonly kind = 'rate_limited';

  constructor(override readonly retryAfterSeconds: number) {
    super('The client address used up its requests');
  }
}
