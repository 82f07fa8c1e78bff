import { readFileSync } from 'node:fs';

import { z } from 'zod';

/** What the Audit Service reads of its environment; the only place that reads it. */
export interface AuditServiceConfig {
  readonly debug: boolean;
  readonly host: string;
  readonly port: number;
  readonly publicBaseUrl: string;
  readonly databaseUrl: string;
  readonly apiKey: string;
  /** Opens the page to whoever knows it; without one it is open to this machine in debug mode, and not there else. */
  readonly pagePassword: string | undefined;
  readonly metricsToken: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Seconds between two looks at all lanes; 0: only when somebody asks. */
  readonly verifySeconds: number;
}

export class AuditConfigError extends Error {}

const SECRETS = ['AUDIT_DATABASE_URL', 'AUDIT_SERVICE_API_KEY', 'AUDIT_PAGE_PASSWORD', 'AUDIT_METRICS_TOKEN'] as const;
const PASSWORD_MIN = 16;
const KEY_MIN = 32;

const postgresUrl = z.url({ protocol: /^postgres(?:ql)?$/ });
const visible = z.string().regex(/^[\x21-\x7e]{1,512}$/);

const Environment = z.object({
  DEBUG: z.enum(['true', 'false']).default('false'),
  AUDIT_HOST: z.string().default('127.0.0.1'),
  AUDIT_PORT: z.coerce.number().int().min(1).max(65_535).default(8001),
  AUDIT_PUBLIC_BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  AUDIT_DATABASE_URL: postgresUrl,
  AUDIT_SERVICE_API_KEY: visible,
  AUDIT_PAGE_PASSWORD: z.string().min(PASSWORD_MIN).max(512).optional(),
  AUDIT_METRICS_TOKEN: visible.optional(),
  AUDIT_VERIFY_SECONDS: z.coerce.number().int().min(0).max(86_400).default(60),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).optional(),
});

/** @throws AuditConfigError that names every wrong variable, and holds none of the values */
export function loadAuditConfig(env: NodeJS.ProcessEnv = process.env): AuditServiceConfig {
  const result = Environment.safeParse(withSecretFiles(env));
  if (!result.success) {
    throw refused(result.error.issues.map(({ path }) => `${path.join('.')} is missing or has a wrong form`));
  }
  const { data } = result;
  const debug = data.DEBUG === 'true';
  if (!debug && data.AUDIT_SERVICE_API_KEY.length < KEY_MIN) {
    throw refused([`AUDIT_SERVICE_API_KEY must have at least ${String(KEY_MIN)} characters`]);
  }
  return {
    debug,
    host: data.AUDIT_HOST,
    port: data.AUDIT_PORT,
    publicBaseUrl: (data.AUDIT_PUBLIC_BASE_URL ?? `http://localhost:${String(data.AUDIT_PORT)}`).replace(/\/+$/, ''),
    databaseUrl: data.AUDIT_DATABASE_URL,
    apiKey: data.AUDIT_SERVICE_API_KEY,
    pagePassword: data.AUDIT_PAGE_PASSWORD,
    metricsToken: data.AUDIT_METRICS_TOKEN,
    logLevel: data.LOG_LEVEL ?? (debug ? 'debug' : 'info'),
    verifySeconds: data.AUDIT_VERIFY_SECONDS,
  };
}

/** What migrations need: the owner of the tables, and whom to give the rights that the service has. */
export function loadMigrationTarget(env: NodeJS.ProcessEnv = process.env): { ownerUrl: string; appRole: string } {
  const ownerUrl = postgresUrl.safeParse(env['AUDIT_MIGRATION_DATABASE_URL']);
  if (!ownerUrl.success) throw refused(['AUDIT_MIGRATION_DATABASE_URL is missing or has a wrong form']);
  return { ownerUrl: ownerUrl.data, appRole: env['AUDIT_DATABASE_ROLE'] ?? 'audit_service' };
}

/** A secret is in its variable or in the file that `<NAME>_FILE` names; an empty variable counts as not set. */
function withSecretFiles(env: NodeJS.ProcessEnv): Record<string, string> {
  const given = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
  for (const name of SECRETS) {
    const file = given[`${name}_FILE`];
    if (file === undefined) continue;
    if (given[name] !== undefined) throw refused([`${name} and ${name}_FILE must not both be set`]);
    try {
      given[name] = readFileSync(file, 'utf8').trim();
    } catch (cause) {
      throw refused([`${name}_FILE names a file that cannot be read`], cause);
    }
  }
  return given;
}

function refused(reasons: readonly string[], cause?: unknown): AuditConfigError {
  return new AuditConfigError(
    `The configuration of the Audit Service is wrong (see docs/audit-service.md):\n  ${reasons.join('\n  ')}`,
    { cause },
  );
}
