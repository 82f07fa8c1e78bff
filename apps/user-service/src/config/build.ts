import { KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { NamedKey, NamedSecret } from './formats.js';
import type { JwtSigningKey } from './signing-keys.js';
import type { RedisAddress } from '#platform/redis';
import type { DatabaseAddress, SmtpAddress } from './urls.js';
import type { EnvironmentValues } from './variables.js';

/** The settings of the process, deeply frozen. Units are in the names; what is not set is undefined. */
export interface Config {
  /** Debug mode. The production rules held at start whenever this is false. */
  readonly debug: boolean;
  readonly server: {
    readonly host: string;
    readonly port: number;
    readonly replicas: number;
    /** Without a slash at its end. */
    readonly publicBaseUrl: string;
    /** IP addresses and CIDR networks. */
    readonly trustedProxies: readonly string[];
    readonly requestTimeoutMs: number;
    readonly headersTimeoutMs: number;
    readonly keepAliveTimeoutMs: number;
    readonly shutdownDrainSeconds: number;
    readonly shutdownTimeoutSeconds: number;
  };
  readonly logging: { readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' };
  readonly docs: { readonly enabled: boolean };
  readonly metrics: { readonly port: number | undefined; readonly token: string | undefined };
  /** `origins` are exact; `*` is not among them but in `allowAllOrigins`. */
  readonly cors: { readonly allowAllOrigins: boolean; readonly origins: readonly string[] };
  readonly rateLimit: { readonly enabled: boolean; readonly perMinute: number; readonly perMinuteOfKeys: number };
  readonly database: DatabaseAddress & {
    readonly poolSize: number;
    readonly connectTimeoutMs: number;
    readonly statementTimeoutMs: number;
    readonly lockTimeoutMs: number;
    readonly idleInTransactionTimeoutMs: number;
  };
  readonly redis: RedisAddress | undefined;
  readonly jwt: {
    readonly secret: string;
    /** The first that signs does so, all verify; with none that signs, `secret` does (HS512). */
    readonly signingKeys: readonly JwtSigningKey[];
    /** Tokens under `secret` are good although a signing key makes the new ones. */
    readonly acceptHs512: boolean;
    readonly issuer: string;
    readonly audience: string;
    readonly accessTokenMinutes: number;
  };
  readonly session: {
    readonly refreshTokenDays: number;
    readonly refreshGraceSeconds: number;
    readonly idleTimeoutMinutes: number;
    readonly maxConcurrent: number;
  };
  readonly mfa: {
    /** What an authenticator app calls this service. */
    readonly issuer: string;
    /** Who has one of them can do nothing but set up a second factor until there is one. */
    readonly requiredRoles: readonly ('user' | 'admin')[];
    /** Between the agreement of the second administrator and the reset of somebody's factors. */
    readonly resetDelayHours: number;
  };
  readonly passkeys: {
    /** A domain. */
    readonly relyingPartyId: string;
    readonly relyingPartyName: string;
    /** Exact, and of apps as well. */
    readonly origins: readonly string[];
    /** 0: every sign-in with the password asks for the second factor. */
    readonly rememberDeviceDays: number;
  };
  /** Keys of 32 bytes. Of `keys` (never empty) the first encrypts and all decrypt. */
  readonly encryption: { readonly keys: readonly NamedKey[]; readonly blindIndexKey: KeyObject };
  readonly password: {
    readonly minLength: number;
    /** The first one is used, all verify. */
    readonly peppers: readonly NamedSecret[];
    readonly hash: {
      readonly memoryKib: number;
      readonly timeCost: number;
      readonly parallelism: number;
      /** Hashes at the same time. */
      readonly concurrency: number;
      /** Hashes that may wait. */
      readonly queue: number;
    };
  };
  readonly registration: {
    readonly minimumAge: number | undefined;
    readonly timeFloorMs: number;
    readonly verificationTokenHours: number;
  };
  readonly recovery: { readonly mailsPerSource: number };
  readonly signIn: {
    /** Of one address from one source, in a window. */
    readonly failures: number;
    readonly windowMinutes: number;
    /** In a row, of one address. */
    readonly ceiling: number;
    readonly lockMinutes: number;
    readonly failuresOfSource: number;
    /** Of all sources. */
    readonly failuresPerMinute: number;
    readonly deviceDays: number;
    readonly timeFloorMs: number;
  };
  readonly mail: { readonly smtp: SmtpAddress | undefined; readonly dir: string; readonly from: string };
  readonly audit: {
    readonly serviceUrl: string;
    readonly apiKey: string | undefined;
    readonly lanes: number;
    readonly firstLane: number;
    readonly batchSize: number;
    readonly timeoutMs: number;
    readonly spool: { readonly dir: string; readonly maxBytes: number };
    readonly outbox: { readonly maxRows: number; readonly maxAgeSeconds: number };
    readonly toldMinutes: number;
  };
}

// Where the reference Audit Service listens in the embedded run; production has to name its own.
const DEBUG_AUDIT_SERVICE_URL = 'http://localhost:8001';

/** Gives the parsed variables the shape that the code reads. */
export function buildConfig(values: EnvironmentValues): Config {
  return deepFreeze({
    debug: values.DEBUG,
    server: server(values),
    logging: { level: values.LOG_LEVEL ?? (values.DEBUG ? 'debug' : 'info') },
    docs: { enabled: values.DOCS_ENABLED ?? values.DEBUG },
    metrics: { port: values.METRICS_PORT, token: values.METRICS_TOKEN },
    cors: {
      allowAllOrigins: values.CORS_ALLOW_ALL_ORIGINS,
      origins: values.CORS_ORIGINS.filter((origin) => origin !== '*'),
    },
    rateLimit: {
      enabled: values.RATE_LIMIT_ENABLED,
      perMinute: values.RATE_LIMIT_PER_MINUTE,
      perMinuteOfKeys: values.RATE_LIMIT_API_KEY_PER_MINUTE ?? values.RATE_LIMIT_PER_MINUTE,
    },
    database: database(values),
    redis: values.REDIS_URL,
    jwt: {
      secret: values.JWT_SECRET,
      signingKeys: values.JWT_SIGNING_KEYS ?? [],
      acceptHs512: values.JWT_ACCEPT_HS512,
      issuer: values.JWT_ISSUER ?? values.PUBLIC_BASE_URL,
      audience: values.JWT_AUDIENCE,
      accessTokenMinutes: values.ACCESS_TOKEN_EXPIRE_MINUTES,
    },
    session: {
      refreshTokenDays: values.REFRESH_TOKEN_EXPIRE_DAYS,
      refreshGraceSeconds: values.REFRESH_GRACE_SECONDS,
      idleTimeoutMinutes: values.SESSION_TIMEOUT_MINUTES,
      maxConcurrent: values.MAX_CONCURRENT_SESSIONS,
    },
    mfa: {
      issuer: values.MFA_ISSUER,
      requiredRoles: values.MFA_REQUIRED_ROLES,
      resetDelayHours: values.MFA_RESET_DELAY_HOURS,
    },
    passkeys: passkeys(values),
    encryption: { keys: values.DATA_ENCRYPTION_KEYS, blindIndexKey: values.BLIND_INDEX_KEY },
    password: password(values),
    registration: {
      minimumAge: values.MINIMUM_AGE,
      timeFloorMs: values.REGISTRATION_TIME_FLOOR_MS,
      verificationTokenHours: values.VERIFICATION_TOKEN_HOURS,
    },
    recovery: { mailsPerSource: values.RECOVERY_MAILS_PER_SOURCE },
    signIn: signIn(values),
    mail: { smtp: values.SMTP_URL, dir: values.MAIL_DIR, from: values.MAIL_FROM },
    audit: audit(values),
  });
}

function audit(values: EnvironmentValues): Config['audit'] {
  return {
    serviceUrl: values.AUDIT_SERVICE_URL ?? DEBUG_AUDIT_SERVICE_URL,
    apiKey: values.AUDIT_SERVICE_API_KEY,
    lanes: values.AUDIT_LANES,
    firstLane: values.AUDIT_FIRST_LANE,
    batchSize: values.AUDIT_BATCH_SIZE,
    timeoutMs: values.AUDIT_TIMEOUT_MS,
    spool: { dir: values.AUDIT_SPOOL_DIR, maxBytes: values.AUDIT_SPOOL_MAX_MB * 1_048_576 },
    outbox: { maxRows: values.AUDIT_OUTBOX_MAX_ROWS, maxAgeSeconds: values.AUDIT_OUTBOX_MAX_AGE_SECONDS },
    toldMinutes: values.AUDIT_TOLD_MINUTES,
  };
}

function server(values: EnvironmentValues): Config['server'] {
  return {
    host: values.HOST,
    port: values.PORT,
    replicas: values.REPLICAS,
    publicBaseUrl: values.PUBLIC_BASE_URL,
    trustedProxies: values.TRUSTED_PROXIES ?? [],
    requestTimeoutMs: values.HTTP_REQUEST_TIMEOUT_MS,
    headersTimeoutMs: values.HTTP_HEADERS_TIMEOUT_MS,
    keepAliveTimeoutMs: values.HTTP_KEEP_ALIVE_TIMEOUT_MS,
    shutdownDrainSeconds: values.SHUTDOWN_DRAIN_SECONDS,
    shutdownTimeoutSeconds: values.SHUTDOWN_TIMEOUT_SECONDS,
  };
}

function database(values: EnvironmentValues): Config['database'] {
  return {
    ...values.DATABASE_URL,
    poolSize: values.DATABASE_POOL_SIZE,
    connectTimeoutMs: values.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: values.DATABASE_STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: values.DATABASE_LOCK_TIMEOUT_MS,
    idleInTransactionTimeoutMs: values.DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS,
  };
}

function passkeys({ PUBLIC_BASE_URL, ...values }: EnvironmentValues): Config['passkeys'] {
  const { origin, hostname } = new URL(PUBLIC_BASE_URL);
  return {
    relyingPartyId: values.WEBAUTHN_RP_ID ?? hostname,
    relyingPartyName: values.WEBAUTHN_RP_NAME,
    origins: [...new Set([origin, ...values.WEBAUTHN_ORIGINS])],
    rememberDeviceDays: values.MFA_REMEMBER_DEVICE_DAYS,
  };
}

function signIn(values: EnvironmentValues): Config['signIn'] {
  return {
    failures: values.SIGN_IN_FAILURES,
    windowMinutes: values.SIGN_IN_WINDOW_MINUTES,
    ceiling: values.SIGN_IN_CEILING,
    lockMinutes: values.SIGN_IN_LOCK_MINUTES,
    failuresOfSource: values.SIGN_IN_FAILURES_OF_SOURCE,
    failuresPerMinute: values.SIGN_IN_FAILURES_PER_MINUTE,
    deviceDays: values.DEVICE_DAYS,
    timeFloorMs: values.SIGN_IN_TIME_FLOOR_MS,
  };
}

function password(values: EnvironmentValues): Config['password'] {
  return {
    minLength: values.PASSWORD_MIN_LENGTH,
    peppers: values.PASSWORD_PEPPER ?? [],
    hash: {
      memoryKib: values.PASSWORD_HASH_MEMORY_KIB,
      timeCost: values.PASSWORD_HASH_TIME_COST,
      parallelism: values.PASSWORD_HASH_PARALLELISM,
      concurrency: values.PASSWORD_HASH_CONCURRENCY ?? availableParallelism(),
      queue: values.PASSWORD_HASH_QUEUE,
    },
  };
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const member of Object.values(value) as unknown[]) {
    // A KeyObject has nothing that could be changed.
    if (typeof member === 'object' && member !== null && !(member instanceof KeyObject)) deepFreeze(member);
  }
  return Object.freeze(value);
}
