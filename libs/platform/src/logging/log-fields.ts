/**
 * How the value of an allowed field is checked before it is written.
 * - `name`: a word of ours (event names, codes, table names): letters, digits and a little punctuation.
 * - `id`: an opaque identifier (UUID, request id, trace id). Never a credential: token prefixes are refused.
 * - `route`: a route template as registered, never a URL.
 * - `network`: an already truncated client network (/24 or /48), or nothing.
 * - `number`, `boolean`: exactly that.
 * - `error`: an exception, reduced by `describeError`.
 */
export type FieldKind = 'name' | 'id' | 'route' | 'network' | 'number' | 'boolean' | 'error';

/**
 * Everything that may appear on a log line besides `time`, `level`, `service`, `version` and `msg`. A field that is
 * not listed here is not written; only its name is kept, under `dropped`. Add a field here with care: log lines leave
 * the service, are kept for long and are read by many (OWASP Logging Cheat Sheet, "Data to exclude").
 */
export const LOG_FIELDS: Readonly<Record<string, FieldKind>> = {
  // What happened, and where in the code.
  event: 'name',
  context: 'name',
  outcome: 'name',
  code: 'name',
  reason: 'name',
  err: 'error',
  // The request it happened in.
  requestId: 'id',
  traceId: 'id',
  method: 'name',
  route: 'route',
  status: 'number',
  durationMs: 'number',
  client: 'network',
  // Who acted and on what, by opaque ids only.
  actorType: 'name',
  actorId: 'id',
  userId: 'id',
  sessionId: 'id',
  apiKeyId: 'id',
  eventId: 'id',
  jobId: 'id',
  // Operations.
  dependency: 'name',
  state: 'name',
  previousState: 'name',
  signal: 'name',
  exitCode: 'number',
  port: 'number',
  pid: 'number',
  job: 'name',
  topic: 'name',
  lane: 'name',
  table: 'name',
  constraint: 'name',
  migration: 'name',
  kid: 'id',
  count: 'number',
  limit: 'number',
  attempts: 'number',
  delayMs: 'number',
  retryAfterSeconds: 'number',
  bytes: 'number',
  inFlight: 'number',
};
