import type { ComponentsObject, HeaderObject, ParameterObject, SchemaObject } from '@nestjs/swagger';

export const EXAMPLE_REQUEST_ID = '01938a6e-9c1f-7d2b-8a40-5e6f7a8b9c0d';

const FIELD_PROBLEM: SchemaObject = {
  type: 'object',
  description: 'One rule that the request broke.',
  additionalProperties: false,
  required: ['pointer', 'code', 'message'],
  properties: {
    pointer: {
      type: 'string',
      description: 'JSON Pointer (RFC 6901) into the body; `/query/…` and `/path/…` name parameters.',
      example: '/email',
    },
    code: { type: 'string', description: 'Stable name of the rule.', example: 'invalid_email' },
    message: {
      type: 'string',
      description: 'For people, in the language of the answer.',
      example: 'This is not a valid e-mail address.',
    },
  },
};

/** RFC 9457, as `ProblemRenderer` writes it. */
const PROBLEM: SchemaObject = {
  type: 'object',
  description: 'What went wrong (RFC 9457). Branch on `code`; `title` and `detail` follow `Accept-Language`.',
  additionalProperties: false,
  required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'Leads to the explanation of the code.' },
    title: { type: 'string', description: 'The kind of problem, for people.' },
    status: { type: 'integer', minimum: 400, maximum: 599, description: 'The status of the answer.' },
    detail: { type: 'string', description: 'What to do next, for people.' },
    instance: { type: 'string', description: 'The request id.', example: EXAMPLE_REQUEST_ID },
    code: { type: 'string', pattern: '^[a-z][a-z0-9_]*$', description: 'Stable name of the problem.' },
    errors: {
      type: 'array',
      maxItems: 20,
      description: 'With `validation_failed`: the broken rules.',
      items: { $ref: '#/components/schemas/FieldProblem' },
    },
    error: {
      type: 'string',
      description: 'Below `/api/v1/oauth/`: the code of RFC 6749.',
      enum: ['invalid_request', 'invalid_client', 'unauthorized_client', 'temporarily_unavailable', 'server_error'],
    },
    reasons: {
      type: 'array',
      description: 'With `password_rejected`: why.',
      items: { type: 'string', enum: ['too_short', 'common', 'breached', 'contains_own_data'] },
    },
  },
};

const REQUEST_ID_PATTERN = '^([0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[A-Za-z0-9_-]{16,64})$';

const header = (description: string, example: string | number, schema: SchemaObject = {}): HeaderObject => ({
  description,
  schema: { type: typeof example === 'number' ? 'integer' : 'string', ...schema },
  example,
});

const HEADERS: Readonly<Record<string, HeaderObject>> = {
  XRequestId: header('Names the request in logs and audit events.', EXAMPLE_REQUEST_ID),
  Allow: header('With 405: the methods in use.', 'GET, HEAD, OPTIONS'),
  CacheControl: header('`no-store` wherever an answer carries a token or personal data.', 'no-store'),
  ContentLanguage: header('The language of `title` and `detail`.', 'en', { enum: ['en', 'ko'] }),
  ETag: header('Names this version of the resource; a strong entity tag (RFC 9110 §8.8.3).', '"hZ3k8mQ1xR0aT7bN"'),
  IdempotencyReplayed: header('`true` when this is the kept answer to an earlier request with the same key.', 'true', {
    enum: ['true'],
  }),
  RateLimit: header('Requests left (`r`) and seconds until the window ends (`t`).', '"default";r=59;t=60'),
  RateLimitPolicy: header('Requests (`q`) per window of `w` seconds, where a limit is set.', '"default";q=60;w=60'),
  RetryAfter: header('Seconds to wait before the same request.', 5, { minimum: 1 }),
  XDeviceToken: header(
    'What this device is known by: keep it, and send it at the next sign-in. Failures of others then do not count.',
    'usd_b7Qm2xV9kT4sW1pZ8cN5rH0fLyE6uJ3gD7aXoIeKtRw',
  ),
  WWWAuthenticate: header('RFC 6750 §3.', 'Bearer error="invalid_token"'),
};

// Without examples: Swagger UI would fill them in, and send every request with the same key, id and version.
const requestHeader = (name: string, description: string, schema: SchemaObject = {}): ParameterObject => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string', ...schema },
});

const PARAMETERS: Readonly<Record<string, ParameterObject>> = {
  XRequestId: requestHeader(
    'X-Request-Id',
    'Your name for this request: a UUID, or 16 to 64 URL-safe characters. Anything else is replaced.',
    { pattern: REQUEST_ID_PATTERN },
  ),
  AcceptLanguage: requestHeader('Accept-Language', 'The language of texts for people: `en` or `ko`.'),
  IdempotencyKey: requestHeader(
    'Idempotency-Key',
    'Makes a repetition safe: for 24 hours the same key with the same body answers what the first request answered. ' +
      'A random UUID is a good choice.',
    { pattern: '^[!-~]{1,255}$' },
  ),
  XDeviceToken: requestHeader('X-Device-Token', 'What an earlier sign-in on this device answered.'),
  IfMatch: requestHeader('If-Match', 'The `ETag` of the version that is to be changed, as in `"hZ3k8mQ1xR0aT7bN"`.'),
  IfNoneMatch: requestHeader(
    'If-None-Match',
    'The `ETag` of the version that is known already, as in `"hZ3k8mQ1xR0aT7bN"`.',
  ),
};

/** What operations refer to; the examples of problems are added by `ProblemResponses`. */
export const SHARED_COMPONENTS: ComponentsObject = {
  schemas: { FieldProblem: FIELD_PROBLEM, Problem: PROBLEM },
  headers: HEADERS,
  parameters: PARAMETERS,
};

/** By the name of a header in lower case, as Nest's `@Headers('if-match')` has it. */
export const HEADER_PARAMETERS: ReadonlyMap<string, string> = new Map(
  Object.entries(PARAMETERS).map(([component, { name }]) => [name.toLowerCase(), component]),
);

/** `#/components/parameters/IfMatch` and the like. */
export function ref(
  section: 'headers' | 'parameters' | 'examples' | 'responses' | 'schemas',
  name: string,
): { $ref: string } {
  return { $ref: `#/components/${section}/${name}` };
}
