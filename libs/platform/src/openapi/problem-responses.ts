import type { ExampleObject, HeadersObject, ReferenceObject, ResponseObject } from '@nestjs/swagger';

import type { LocalizedProblem, ProblemCatalogue, ProblemReference, RouteContract } from '#platform/http';

import { EXAMPLE_REQUEST_ID, ref } from './shared-components.js';

/** What the server answers before it looks for an operation, whatever is asked for. */
const EDGE = ['bad_request', 'method_not_allowed', 'request_timeout', 'uri_too_long', 'headers_too_large'];
const RATE_LIMITED = ['rate_limited'];
const BODY = ['malformed_json', 'validation_failed', 'payload_too_large', 'unsupported_media_type'];
const BEARER: readonly ProblemReference[] = [
  'token_missing',
  ['token_invalid', 401],
  'token_expired',
  'session_revoked',
];
const API_KEY = ['api_key_invalid'];
const SCOPED = ['insufficient_scope'];
const ROLE = ['forbidden'];
const STEP_UP = ['reauthentication_required'];
const SECOND_FACTOR = ['mfa_enrolment_required'];
const IDEMPOTENCY = ['idempotency_key_invalid', 'idempotency_in_progress', 'idempotency_key_reused'];

/** Sent with `Retry-After`. */
const WAIT = new Set([
  'rate_limited',
  'overloaded',
  'dependency_unavailable',
  'idempotency_in_progress',
  'mfa_throttled',
  'mfa_unavailable',
]);
/** Sent with `WWW-Authenticate`: what a bearer guard says, and nothing about passwords and refresh tokens. */
const CHALLENGED = new Set([
  'token_missing',
  'token_invalid',
  'token_expired',
  'session_revoked',
  'unauthenticated',
  'api_key_invalid',
]);

export interface OperationKind extends RouteContract {
  /** Below `/api/`: of no use without the database. */
  readonly isApi: boolean;
  /** Limited by rate. */
  readonly isLimited: boolean;
  readonly hasBody: boolean;
}

const NO_KIND: OperationKind = {
  isApi: false,
  isLimited: false,
  hasBody: false,
  isPublic: true,
  apiKey: undefined,
  role: undefined,
  stepUp: false,
  withoutSecondFactor: true,
  isIdempotent: false,
  acceptsForm: false,
  problems: [],
};

interface Entry {
  readonly code: string;
  readonly problem: LocalizedProblem;
}

/** Every error an operation can answer with, from the codes it names and those of its kind. */
export class ProblemResponses {
  readonly #examples = new Map<string, ExampleObject>();

  /** @param docsBase the page that explains every code */
  constructor(
    private readonly catalogue: ProblemCatalogue,
    private readonly docsBase: string,
  ) {}

  /** One named example per code that was used so far. */
  get examples(): Record<string, ExampleObject> {
    return Object.fromEntries([...this.#examples].sort(([a], [b]) => a.localeCompare(b)));
  }

  /** The answer of the server itself, which knows neither operations nor their limits. */
  get refused(): ResponseObject {
    const { headers, ...response } = this.response(this.entries(EDGE), NO_KIND);
    return {
      ...response,
      description: 'Refused by the server before the operation began.',
      headers: { ...headers, Allow: ref('headers', 'Allow') },
    };
  }

  /** By status; `4XX` stands for the refusals of the server itself. */
  of(kind: OperationKind): Record<string, ResponseObject | ReferenceObject> {
    const byStatus = new Map<string, Entry[]>();
    for (const entry of this.entries([...kind.problems, ...implied(kind)])) {
      const status = String(entry.problem.status);
      byStatus.set(status, [...(byStatus.get(status) ?? []), entry]);
    }
    const responses = [...byStatus].map(([status, entries]) => [status, this.response(entries, kind)] as const);
    return { ...Object.fromEntries(responses), '4XX': ref('responses', 'Refused') };
  }

  private entries(references: readonly ProblemReference[]): Entry[] {
    return references.map((reference) =>
      typeof reference === 'string' ? this.catalogue.entry(reference) : this.catalogue.entry(...reference),
    );
  }

  private response(entries: readonly Entry[], kind: OperationKind): ResponseObject {
    const examples = entries.map((entry) => [entry.code, this.example(entry)] as const);
    return {
      description: `${entries.map(({ problem }) => problem.en.title).join('; ')}.`,
      headers: headersOf(entries, kind),
      content: {
        'application/problem+json': { schema: ref('schemas', 'Problem'), examples: Object.fromEntries(examples) },
      },
    };
  }

  private example({ code, problem }: Entry): ReferenceObject {
    const name = this.catalogue.isAmbiguous(code) ? `${code}_${problem.status}` : code;
    this.#examples.set(name, {
      summary: problem.en.title,
      value: {
        type: `${this.docsBase}#${code}`,
        title: problem.en.title,
        status: problem.status,
        detail: problem.en.detail,
        instance: EXAMPLE_REQUEST_ID,
        code,
        ...problem.example,
      },
    });
    return ref('examples', name);
  }
}

function implied({ isApi, isLimited, hasBody, isIdempotent, ...caller }: OperationKind): ProblemReference[] {
  return [
    ...(isLimited ? RATE_LIMITED : []),
    ...refusedCaller(caller),
    ...(hasBody ? BODY : []),
    ...(isIdempotent ? IDEMPOTENCY : []),
    'internal_error',
    ...(isApi ? ['dependency_unavailable'] : []),
  ];
}

type CallerRules = Pick<OperationKind, 'isPublic' | 'apiKey' | 'role' | 'stepUp' | 'withoutSecondFactor'>;

function refusedCaller({ isPublic, apiKey, role, stepUp, withoutSecondFactor }: CallerRules): ProblemReference[] {
  return [
    ...(isPublic ? [] : BEARER),
    ...(apiKey === undefined ? [] : API_KEY),
    ...(apiKey?.scope === undefined ? [] : SCOPED),
    ...(role === undefined ? [] : ROLE),
    ...(isPublic || withoutSecondFactor ? [] : SECOND_FACTOR),
    ...(stepUp ? STEP_UP : []),
  ];
}

function headersOf(entries: readonly Entry[], { isLimited, isIdempotent }: OperationKind): HeadersObject {
  const any = (codes: ReadonlySet<string>): boolean => entries.some(({ code }) => codes.has(code));
  // Kept are the answers to the request itself; a retry may fare better with all others.
  const kept = isIdempotent && entries.some(({ problem: { status } }) => status === 400 || status === 422);
  return {
    'X-Request-Id': ref('headers', 'XRequestId'),
    'Content-Language': ref('headers', 'ContentLanguage'),
    ...(isLimited && rateLimitHeaders()),
    ...(any(WAIT) && { 'Retry-After': ref('headers', 'RetryAfter') }),
    ...(any(CHALLENGED) && { 'WWW-Authenticate': ref('headers', 'WWWAuthenticate') }),
    ...(kept && { 'Idempotency-Replayed': ref('headers', 'IdempotencyReplayed') }),
  };
}

export function rateLimitHeaders(): HeadersObject {
  return { RateLimit: ref('headers', 'RateLimit'), 'RateLimit-Policy': ref('headers', 'RateLimitPolicy') };
}
