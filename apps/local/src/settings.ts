import { dirname, join, relative, resolve } from 'node:path';
import type { LocalKeys } from './keys.js';
import { LocalRunError } from './local-run-error.js';

/** What the local run itself reads of its environment; the rest of it goes to the user service as it is. */
export interface LocalSettings {
  readonly port: number;
  /** Address to connect to, whatever the service listens on. */
  readonly host: string;
  readonly listenHost: string;
  readonly auditPort: number;
  readonly dataDirectory: string;
  /** True under `npm start`, which a killed npm should not outlive. */
  readonly startedByNpm: boolean;
}

/** The page of the Audit Service is open to this machine, so nobody else can reach it. */
export const AUDIT_HOST = '127.0.0.1';

type Environment = Readonly<Record<string, string | undefined>>;

export function readSettings(env: Environment): LocalSettings {
  const listenHost = given(env, 'HOST') ?? '127.0.0.1';
  const [port, auditPort] = [portOf(env, 'PORT', 8000), portOf(env, 'AUDIT_PORT', 8001)];
  if (port === auditPort) {
    throw new LocalRunError(`PORT and AUDIT_PORT are both ${port}: the two services need a port each.`);
  }
  return {
    port,
    host: ['0.0.0.0', '::'].includes(listenHost) ? '127.0.0.1' : listenHost,
    listenHost,
    auditPort,
    dataDirectory: resolve(given(env, 'DATA_DIR') ?? '.data'),
    startedByNpm: env['npm_lifecycle_event'] === 'start',
  };
}

/** The caller's environment over our defaults. A secret that the caller gives as NAME_FILE counts as given. */
export function serviceEnvironment(
  env: Environment,
  defaults: Readonly<Record<string, string>>,
  fixed: Readonly<Record<string, string>>,
): Record<string, string> {
  const own = Object.entries(env).filter((entry): entry is [string, string] => {
    const name = entry[0].replace(/_FILE$/, '');
    return Boolean(entry[1]) && !Object.hasOwn(fixed, name);
  });
  const missing = Object.entries(defaults).filter(
    ([name]) => given(env, name) === undefined && given(env, `${name}_FILE`) === undefined,
  );
  return { ...Object.fromEntries(own), ...Object.fromEntries(missing), ...fixed };
}

/** What the service is told about a local run, where the caller says nothing else. */
export function serviceDefaults(settings: LocalSettings, mail: string, keys: LocalKeys): Record<string, string> {
  const { port, listenHost, auditPort } = settings;
  return {
    DEBUG: 'true',
    HOST: listenHost,
    PORT: String(port),
    PUBLIC_BASE_URL: `http://localhost:${port}`,
    JWT_SECRET: keys.jwtSecret,
    DATA_ENCRYPTION_KEYS: keys.dataEncryptionKeys,
    BLIND_INDEX_KEY: keys.blindIndexKey,
    MAIL_DIR: mail,
    AUDIT_SPOOL_DIR: join(dirname(mail), 'audit-spool'),
    AUDIT_SERVICE_URL: `http://127.0.0.1:${auditPort}`,
    AUDIT_SERVICE_API_KEY: keys.auditServiceApiKey,
    SHUTDOWN_DRAIN_SECONDS: '0', // nothing balances load in front of it
    // glibc keeps the 19 MB of a hash in the arena of its thread: with 32 arenas sign-ins leave 460 MB behind.
    MALLOC_ARENA_MAX: '1',
    UV_THREADPOOL_SIZE: '32', // as `npm run start:prod`: files and names of hosts never wait behind hashes
  };
}

/** What the Audit Service of a local run gets: nothing of the user service's, whose secrets are none of its business. */
export function auditServiceEnvironment(
  env: Environment,
  { auditPort }: LocalSettings,
  databaseUrl: string,
  keys: LocalKeys,
): Record<string, string> {
  const passed = ['PATH', 'HOME', 'LOG_LEVEL', 'AUDIT_PAGE_PASSWORD', 'AUDIT_METRICS_TOKEN', 'AUDIT_VERIFY_SECONDS'];
  const own = passed.flatMap((name) => {
    const value = given(env, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(own),
    DEBUG: 'true',
    AUDIT_HOST,
    AUDIT_PORT: String(auditPort),
    AUDIT_DATABASE_URL: databaseUrl,
    ...auditKey(env, keys),
    MALLOC_ARENA_MAX: '1',
  };
}

/** The same that the user service sends, wherever the caller has put it. */
function auditKey(env: Environment, { auditServiceApiKey }: LocalKeys): Record<string, string> {
  const file = given(env, 'AUDIT_SERVICE_API_KEY_FILE');
  if (file !== undefined) return { AUDIT_SERVICE_API_KEY_FILE: file };
  return { AUDIT_SERVICE_API_KEY: given(env, 'AUDIT_SERVICE_API_KEY') ?? auditServiceApiKey };
}

/** As short as a person would write it. */
export function shortPath(settings: LocalSettings, ...names: string[]): string {
  const path = join(settings.dataDirectory, ...names);
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

function portOf(env: Environment, name: string, fallback: number): number {
  const text = given(env, name) ?? String(fallback);
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port >= 1 && port <= 65_535)) throw new LocalRunError(`${name} must be a port number from 1 to 65535.`);
  return port;
}

function given(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value === '' ? undefined : value;
}
