import { readFileSync } from 'node:fs';
import { buildConfig, type Config } from './config/build.js';
import { brokenRules, type Problem } from './config/rules.js';
import type { Variable } from './config/variable.js';
import { VARIABLES, type EnvironmentValues } from './config/variables.js';

export type { Config } from './config/build.js';

/** The environment is wrong. The message names every wrong variable and why, and holds none of the values. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    const lines = problems.map(({ variable, reason }) => `  ${variable} ${reason}`);
    super(`The configuration is wrong (see docs/configuration.md):\n${lines.join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** What a variable came to: its value (undefined when it is not set), or what is wrong with it. */
type Outcome = { readonly value: unknown } | { readonly problem: Problem };

/** The text of a variable, undefined when it is not set. An empty one counts as not set: `${X:-}` in compose files. */
type Text = { readonly text: string | undefined } | { readonly problem: Problem };

/**
 * Reads and checks the whole environment, once. Variables it does not know are ignored.
 *
 * @throws ConfigError when any variable is wrong or missing; it names all of them.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const production = isProduction(env);
  const outcomes = Object.entries(VARIABLES).map(
    ([name, variable]) => [name, evaluate(name, variable, env, production)] as const,
  );
  const known = Object.fromEntries(
    outcomes.flatMap(([name, outcome]) => ('value' in outcome ? [[name, outcome.value]] : [])),
  ) as Partial<EnvironmentValues>;
  const wrong = outcomes.flatMap(([, outcome]) => ('problem' in outcome ? [outcome.problem] : []));
  // A variable that is wrong in itself is named once.
  const named = new Set(wrong.map(({ variable }) => variable.replace(/_FILE$/, '')));
  const broken = brokenRules(known, production).filter(({ variable }) => !named.has(variable));
  if (wrong.length + broken.length > 0) throw new ConfigError([...wrong, ...broken]);
  return buildConfig(known as EnvironmentValues);
}

/**
 * The database's address alone: a migration needs no other secret, so its job need not be given any.
 *
 * @throws ConfigError
 */
export function loadDatabaseUrl(env: NodeJS.ProcessEnv = process.env): string {
  const outcome = evaluate('DATABASE_URL', VARIABLES.DATABASE_URL, env, isProduction(env));
  if ('problem' in outcome) throw new ConfigError([outcome.problem]);
  return (outcome.value as EnvironmentValues['DATABASE_URL']).url;
}

/**
 * The key of the Audit Service alone, for whoever proves what it has.
 *
 * @throws ConfigError
 */
export function loadAuditApiKey(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const outcome = evaluate('AUDIT_SERVICE_API_KEY', VARIABLES.AUDIT_SERVICE_API_KEY, env, false);
  if ('problem' in outcome) throw new ConfigError([outcome.problem]);
  return outcome.value as EnvironmentValues['AUDIT_SERVICE_API_KEY'];
}

/**
 * What it takes to tell of an environment that is wrong: the folder of the spool, where one is named, and where the service
 * is reached. `undefined` where one of them is missing or wrong itself.
 */
export function loadSpoolPlace(env: NodeJS.ProcessEnv = process.env): SpoolPlace | undefined {
  const dir = env['AUDIT_SPOOL_DIR']?.trim() ?? '';
  const outcome = evaluate('PUBLIC_BASE_URL', VARIABLES.PUBLIC_BASE_URL, env, isProduction(env));
  if (dir === '' || 'problem' in outcome) return undefined;
  return { dir, publicBaseUrl: outcome.value as EnvironmentValues['PUBLIC_BASE_URL'] };
}

export interface SpoolPlace {
  readonly dir: string;
  readonly publicBaseUrl: string;
}

// What cannot be read counts as false, so that a typing error does not hide what production would refuse.
function isProduction(env: NodeJS.ProcessEnv): boolean {
  const debug = evaluate('DEBUG', VARIABLES.DEBUG, env, false);
  return !('value' in debug && debug.value === true);
}

function evaluate(name: string, variable: Variable<unknown>, env: NodeJS.ProcessEnv, production: boolean): Outcome {
  const source = variable.secret ? secretText(name, env) : plainText(name, env);
  if ('problem' in source) return source;
  const text = source.text ?? variable.fallback;
  if (text === undefined) {
    const missing = variable.required === 'always' || (variable.required === 'production' && production);
    return missing ? problem(name, 'is required') : { value: undefined };
  }
  const checked = variable.check(text, production);
  return 'reason' in checked ? problem(name, checked.reason) : checked;
}

function plainText(name: string, env: NodeJS.ProcessEnv): Text {
  return { text: env[name]?.trim() || undefined };
}

/** A secret is in its variable or in the file that `<NAME>_FILE` names, as Docker and Kubernetes mount secrets. */
function secretText(name: string, env: NodeJS.ProcessEnv): Text {
  const text = env[name] || undefined;
  const path = env[`${name}_FILE`] || undefined;
  if (path === undefined) return { text };
  if (text !== undefined) return problem(name, `and ${name}_FILE must not both be set`);
  try {
    const content = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return content === '' ? problem(`${name}_FILE`, 'names an empty file') : { text: content };
  } catch {
    return problem(`${name}_FILE`, 'names a file that cannot be read');
  }
}

function problem(variable: string, reason: string): { readonly problem: Problem } {
  return { problem: { variable, reason } };
}
