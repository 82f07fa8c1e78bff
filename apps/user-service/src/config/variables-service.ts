import {
  booleanText,
  integerText,
  keyringText,
  keyText,
  lineText,
  listenHostText,
  networksText,
  originsText,
  headerSecretText,
  secretText,
  wordText,
  wordsText,
} from './formats.js';
import { guessable, guessableKey } from './guessable.js';
import { signingKeysRefusedInProduction, signingKeysText } from './signing-keys.js';
import { httpBaseUrl, httpRefusedInProduction } from './urls.js';
import { defaulted, optional, required } from './variable.js';

function anyPort(port: number): string | undefined {
  return port === 0 ? 'must not be 0 in production' : undefined;
}

/** How the process runs. */
export const processVariables = {
  DEBUG: defaulted('false', {
    schema: booleanText,
    type: 'boolean',
    meaning: 'Debug mode. While it is false, the production rules hold.',
  }),
  NODE_ENV: optional({
    schema: lineText,
    type: 'text',
    meaning: "Node's own convention. Only `production` matters: together with DEBUG=true it is refused.",
  }),
  NODE_TLS_REJECT_UNAUTHORIZED: optional({
    schema: lineText,
    type: 'text',
    meaning: 'Read by Node: `0` turns the verification of every certificate off, so production refuses it.',
    refusedInProduction: (value) => (value === '0' ? 'must not turn certificate verification off' : undefined),
  }),
  HOST: defaulted('0.0.0.0', { schema: listenHostText, type: 'address', meaning: 'Address to listen on.' }),
  PORT: defaulted('8000', {
    schema: integerText(0, 65535),
    type: 'integer 0..65535',
    meaning: 'Port to listen on. 0 takes any free one, in debug mode only.',
    refusedInProduction: anyPort,
  }),
  REPLICAS: defaulted('1', {
    schema: integerText(1, 1000),
    type: 'integer 1..1000',
    meaning:
      'How many instances of the service run. More than one need REDIS_URL in production. While Redis is away, each instance lets its share of the rate limit through.',
  }),
  LOG_LEVEL: optional({
    schema: wordText(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
    type: 'trace, debug, info, warn, error, fatal',
    fallbackText: 'info; debug with DEBUG=true',
    meaning: 'Least severe level that is logged.',
  }),
  DOCS_ENABLED: optional({
    schema: booleanText,
    type: 'boolean',
    fallbackText: 'the value of DEBUG',
    meaning: 'Serve Swagger UI at /docs and the OpenAPI document at /openapi.json and /openapi.yaml.',
  }),
  METRICS_PORT: optional({
    schema: integerText(0, 65535),
    type: 'integer 0..65535',
    meaning: 'Serve /metrics on a port of its own instead of PORT. 0 takes any free one, in debug mode only.',
    refusedInProduction: anyPort,
  }),
  METRICS_TOKEN: optional({
    schema: headerSecretText(32),
    type: 'at least 32 visible ASCII characters',
    secret: true,
    meaning:
      'Bearer token that /metrics asks for, on PORT and on METRICS_PORT. With neither variable, /metrics is open to all who reach PORT.',
    refusedInProduction: guessable,
  }),
  SHUTDOWN_DRAIN_SECONDS: defaulted('5', {
    schema: integerText(0, 60),
    type: 'integer 0..60',
    meaning: 'Seconds that requests are still accepted after SIGTERM, while readiness already answers 503.',
  }),
  SHUTDOWN_TIMEOUT_SECONDS: defaulted('25', {
    schema: integerText(1, 300),
    type: 'integer 1..300',
    meaning: 'Seconds that requests in flight get to finish.',
  }),
};

/** What HTTP clients meet. */
export const httpVariables = {
  PUBLIC_BASE_URL: defaulted('http://localhost:8000', {
    schema: httpBaseUrl,
    type: 'http(s) URL',
    meaning:
      'Where users reach the service: base of the links in mails. https in production, unless the host is internal.',
    refusedInProduction: httpRefusedInProduction,
  }),
  TRUSTED_PROXIES: optional({
    schema: networksText,
    type: 'addresses and CIDR networks, comma-separated',
    fallbackText: 'none',
    meaning:
      'Peers whose X-Forwarded-* headers are believed. Callers behind a proxy that is not named share one rate limit.',
  }),
  CORS_ORIGINS: defaulted('[]', {
    schema: originsText,
    type: 'JSON array of exact origins',
    meaning: 'Origins whose pages may call the service. `*` needs CORS_ALLOW_ALL_ORIGINS=true.',
    refusedInProduction: (origins) => (origins.includes('*') ? 'must not contain * in production' : undefined),
  }),
  CORS_ALLOW_ALL_ORIGINS: defaulted('false', {
    schema: booleanText,
    type: 'boolean',
    meaning: 'Let pages of every origin call the service. Debug mode only.',
    refusedInProduction: (allowed) => (allowed ? 'must be false in production' : undefined),
  }),
  RATE_LIMIT_ENABLED: defaulted('true', {
    schema: booleanText,
    type: 'boolean',
    meaning: 'Limit the rate of requests.',
  }),
  RATE_LIMIT_PER_MINUTE: defaulted('60', {
    schema: integerText(1, 1_000_000),
    type: 'integer 1..1000000',
    meaning: 'Requests per minute of one user, else API key, else client address, over all instances.',
  }),
  RATE_LIMIT_API_KEY_PER_MINUTE: optional({
    schema: integerText(1, 10_000_000),
    type: 'integer 1..10000000',
    meaning:
      'Requests per minute of one API key, for services that call for many users; RATE_LIMIT_PER_MINUTE when not set.',
  }),
  HTTP_REQUEST_TIMEOUT_MS: defaulted('15000', {
    schema: integerText(1000, 300_000),
    type: 'integer 1000..300000',
    meaning: 'Milliseconds in which a whole request has to arrive.',
  }),
  HTTP_HEADERS_TIMEOUT_MS: defaulted('10000', {
    schema: integerText(1000, 300_000),
    type: 'integer 1000..300000',
    meaning: 'Milliseconds in which the headers have to arrive; not more than HTTP_REQUEST_TIMEOUT_MS.',
  }),
  HTTP_KEEP_ALIVE_TIMEOUT_MS: defaulted('72000', {
    schema: integerText(1000, 600_000),
    type: 'integer 1000..600000',
    meaning: 'Milliseconds an idle connection is kept; longer than the idle timeout of the proxy in front.',
  }),
};

/** Tokens, sessions and the keys that protect data. */
export const securityVariables = {
  JWT_SECRET: required({
    schema: secretText(64),
    type: 'at least 64 characters',
    secret: true,
    sample: 'change-me-to-the-output-of-openssl-rand-hex-64-this-is-only-a-sample',
    meaning: 'Signs access tokens (HS512) unless JWT_SIGNING_KEYS do. Make one with `openssl rand -hex 64`.',
    refusedInProduction: guessable,
  }),
  JWT_SIGNING_KEYS: optional({
    schema: signingKeysText,
    type: 'JSON text of a set of private JSON Web Keys, EC P-256 (ES256) or OKP Ed25519 (EdDSA)',
    secret: true,
    fallbackText: 'none: JWT_SECRET signs',
    meaning:
      'Keys of access tokens, each with a `kid`: the first one signs, all verify, and their public halves are at /.well-known/jwks.json. A key with `"key_ops":["verify"]` never signs; while none may, JWT_SECRET does. docs/runbooks/signing-keys.md says how to make and to change them.',
    refusedInProduction: signingKeysRefusedInProduction,
  }),
  JWT_ACCEPT_HS512: defaulted('false', {
    schema: booleanText,
    type: 'boolean',
    meaning:
      'Accept access tokens that JWT_SECRET signed although JWT_SIGNING_KEYS sign the new ones: for the change-over between the two.',
  }),
  JWT_ISSUER: optional({
    schema: lineText,
    type: 'text',
    fallbackText: 'the value of PUBLIC_BASE_URL',
    meaning: 'The `iss` of access tokens.',
  }),
  JWT_AUDIENCE: defaulted('user-service', { schema: lineText, type: 'text', meaning: 'The `aud` of access tokens.' }),
  ACCESS_TOKEN_EXPIRE_MINUTES: defaulted('15', {
    schema: integerText(1, 1440),
    type: 'integer 1..1440',
    meaning: 'Minutes an access token lives.',
  }),
  REFRESH_TOKEN_EXPIRE_DAYS: defaulted('30', {
    schema: integerText(1, 365),
    type: 'integer 1..365',
    meaning: 'Days after sign-in at which a session ends, whatever its use.',
  }),
  REFRESH_GRACE_SECONDS: defaulted('10', {
    schema: integerText(0, 30),
    type: 'integer 0..30',
    meaning: 'Seconds in which a spent refresh token still gets its successor, while nobody has used that.',
  }),
  SESSION_TIMEOUT_MINUTES: defaulted('30', {
    schema: integerText(1, 43_200),
    type: 'integer 1..43200',
    meaning: 'Idle minutes that end a session, unless it was opened with rememberMe.',
  }),
  MAX_CONCURRENT_SESSIONS: defaulted('5', {
    schema: integerText(1, 100),
    type: 'integer 1..100',
    meaning: 'Sessions a user can have; one more ends the least recently used.',
  }),
  MFA_ISSUER: defaulted('User Service', {
    schema: lineText,
    type: 'text',
    meaning: 'What authenticator apps call the service.',
  }),
  MFA_REQUIRED_ROLES: defaulted('admin', {
    schema: wordsText(['user', 'admin']),
    type: 'user and admin, comma-separated, or none',
    meaning: 'Roles that count only with a second factor: who has one of them can only set one up until then.',
  }),
  MFA_RESET_DELAY_HOURS: defaulted('24', {
    schema: integerText(0, 720),
    type: 'integer 0..720',
    meaning:
      "Hours between the agreement of two administrators to reset a user's second factors and the reset, in which the user can stop it.",
  }),
  DATA_ENCRYPTION_KEYS: required({
    schema: keyringText,
    type: 'kid:base64(32 bytes), comma-separated',
    secret: true,
    sample: 'key-1:Y2hhbmdlLW1lIHRvIDMyIHJhbmRvbSBieXRlcyEhISE=',
    meaning:
      'Key-encryption keys of personal data; the first one encrypts, all decrypt. A kid has 1 to 32 characters of `[A-Za-z0-9_-]`. Make a key with `openssl rand -base64 32`.',
    refusedInProduction: (keys) =>
      keys.map(({ key }) => guessableKey(key.export())).find((reason) => reason !== undefined),
  }),
  BLIND_INDEX_KEY: required({
    schema: keyText,
    type: 'base64(32 bytes)',
    secret: true,
    sample: 'Y2hhbmdlLW1lIHRvIG90aGVyIHJhbmRvbSBieXRlcyE=',
    meaning:
      'Keys the index that finds a user by mail address. It cannot be changed later. Make it with `openssl rand -base64 32`.',
    refusedInProduction: (key) => guessableKey(key.export()),
  }),
};
