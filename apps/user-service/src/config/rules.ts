import type { EnvironmentValues, VariableName } from './variables.js';

/** A variable that is wrong, and why; the reason never holds the value. */
export interface Problem {
  readonly variable: string;
  readonly reason: string;
}

/** What could be parsed: a rule says nothing about a variable that is wrong in itself. */
type Known = { readonly [Name in VariableName]?: EnvironmentValues[Name] | undefined };

/** A rule over several variables: the one to change and why, or undefined when it holds. */
type Rule = (known: Known, production: boolean) => Problem | undefined;

const debugInProduction: Rule = ({ DEBUG, NODE_ENV }) =>
  DEBUG === true && NODE_ENV === 'production'
    ? { variable: 'DEBUG', reason: 'must be false with NODE_ENV=production' }
    : undefined;

const anyOrigin: Rule = ({ CORS_ORIGINS, CORS_ALLOW_ALL_ORIGINS }, production) =>
  !production && CORS_ORIGINS?.includes('*') === true && CORS_ALLOW_ALL_ORIGINS === false
    ? { variable: 'CORS_ORIGINS', reason: 'may contain * only with CORS_ALLOW_ALL_ORIGINS=true' }
    : undefined;

// Deployments of several replicas name their Redis from the start, so that shared counters need no new environment.
const sharedState: Rule = ({ REDIS_URL, REPLICAS }, production) =>
  production && REDIS_URL === undefined && REPLICAS !== undefined && REPLICAS !== 1
    ? { variable: 'REDIS_URL', reason: 'is required when REPLICAS is not 1' }
    : undefined;

const ownMetricsPort: Rule = ({ METRICS_PORT, PORT }) =>
  METRICS_PORT !== undefined && METRICS_PORT !== 0 && METRICS_PORT === PORT
    ? { variable: 'METRICS_PORT', reason: 'must differ from PORT' }
    : undefined;

// Node refuses to listen otherwise (ERR_OUT_OF_RANGE).
const headersBeforeRequest: Rule = ({ HTTP_HEADERS_TIMEOUT_MS: headers, HTTP_REQUEST_TIMEOUT_MS: request }) =>
  headers !== undefined && request !== undefined && headers > request
    ? { variable: 'HTTP_HEADERS_TIMEOUT_MS', reason: 'must not be more than HTTP_REQUEST_TIMEOUT_MS' }
    : undefined;

// NIST SP 800-57 part 1, 5.2: a key serves one purpose.
const ownKeys: Rule = ({ DATA_ENCRYPTION_KEYS = [], BLIND_INDEX_KEY: index }, production) => {
  if (!production) return undefined;
  const keys = DATA_ENCRYPTION_KEYS.map(({ key }) => key);
  if (keys.some((key, at) => keys.slice(0, at).some((earlier) => earlier.equals(key)))) {
    return { variable: 'DATA_ENCRYPTION_KEYS', reason: 'must not hold the same key twice' };
  }
  return index !== undefined && keys.some((key) => key.equals(index))
    ? { variable: 'BLIND_INDEX_KEY', reason: 'must not be one of DATA_ENCRYPTION_KEYS' }
    : undefined;
};

const SHARED_SECRETS = ['PASSWORD_PEPPER', 'METRICS_TOKEN', 'AUDIT_SERVICE_API_KEY'] as const;

const ownSecrets: Rule = (known, production) => {
  const { JWT_SECRET: own, PASSWORD_PEPPER: peppers = [], METRICS_TOKEN, AUDIT_SERVICE_API_KEY } = known;
  const others = { PASSWORD_PEPPER: peppers.map(({ secret }) => secret), METRICS_TOKEN, AUDIT_SERVICE_API_KEY };
  const reused = own === undefined ? undefined : SHARED_SECRETS.find((name) => [others[name]].flat().includes(own));
  return production && reused !== undefined ? { variable: reused, reason: 'must not be JWT_SECRET' } : undefined;
};

// WebAuthn §5.1.3: a browser refuses to ask for a passkey of a domain that its page is not on.
const passkeyDomain: Rule = ({ WEBAUTHN_RP_ID: domain, PUBLIC_BASE_URL: base }) => {
  if (base === undefined || domain === undefined || `.${new URL(base).hostname}`.endsWith(`.${domain}`))
    return undefined;
  return { variable: 'WEBAUTHN_RP_ID', reason: 'must be the host of PUBLIC_BASE_URL or a domain above it' };
};

const RULES: readonly Rule[] = [
  debugInProduction,
  anyOrigin,
  sharedState,
  ownMetricsPort,
  headersBeforeRequest,
  ownKeys,
  ownSecrets,
  passkeyDomain,
];

/** The rules that need more than one variable. */
export function brokenRules(known: Known, production: boolean): readonly Problem[] {
  return RULES.map((rule) => rule(known, production)).filter((problem) => problem !== undefined);
}
