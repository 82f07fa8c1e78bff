import type { z } from 'zod';

/** When a variable has to be set. Production is every start with DEBUG=false. */
export type Requirement = 'always' | 'production' | 'never';

/** A value, or why the text is refused; the reason never holds the text. */
export type Checked<Value> = { readonly value: Value } | { readonly reason: string };

/**
 * One environment variable: what validates it and what the documentation says of it. `loadConfig`,
 * `docs/configuration.md` and `.env.example` are all made from this one description.
 */
export interface Variable<Value> {
  /** Validates the text of the environment, with the further rules of production if those hold. */
  readonly check: (text: string, production: boolean) => Checked<Value>;
  /** The accepted format, for a person. */
  readonly type: string;
  /** One or two sentences; units included. */
  readonly meaning: string;
  /** Secrets are also read from the file that `<NAME>_FILE` points to. */
  readonly secret: boolean;
  readonly required: Requirement;
  /** Text that is parsed in place of a missing variable. */
  readonly fallback: string | undefined;
  /** How the documentation puts a default that is computed, or that only holds in debug mode. */
  readonly fallbackText: string | undefined;
  /** Value in `.env.example` of a variable that must be set; production refuses the secret ones. */
  readonly sample: string | undefined;
}

export type Variables = Readonly<Record<string, Variable<unknown>>>;

/** What a table of variables parses to. */
export type Values<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Variable<infer Value> ? Value : never;
};

interface Description<Value> {
  /** Its messages become part of the error: they must not hold the text. */
  schema: z.ZodType<Value, string>;
  type: string;
  meaning: string;
  secret?: boolean;
  fallbackText?: string;
  sample?: string;
  /** A reason to refuse the value in production, without the value; undefined to accept it. */
  refusedInProduction?: (value: Value) => string | undefined;
}

function variable<Value>(
  description: Description<Value>,
  requirement: Requirement,
  fallback?: string,
): Variable<Value> {
  const { schema, refusedInProduction, type, meaning } = description;
  return {
    check(text, production) {
      const result = schema.safeParse(text);
      if (!result.success) return { reason: result.error.issues.map(({ message }) => message).join('; ') };
      const reason = production ? refusedInProduction?.(result.data) : undefined;
      return reason === undefined ? { value: result.data } : { reason };
    },
    type,
    meaning,
    secret: description.secret ?? false,
    required: requirement,
    fallback,
    fallbackText: description.fallbackText,
    sample: description.sample,
  };
}

/** A variable without which the service does not start. */
export function required<Value>(description: Description<Value>): Variable<Value> {
  return variable(description, 'always');
}

/** A variable that has a default. */
export function defaulted<Value>(fallback: string, description: Description<Value>): Variable<Value> {
  return variable(description, 'never', fallback);
}

/** A variable that may be left out. */
export function optional<Value>(description: Description<Value>): Variable<Value | undefined> {
  return variable(description, 'never');
}

/** A variable that may be left out in debug mode only. */
export function requiredInProduction<Value>(description: Description<Value>): Variable<Value | undefined> {
  return variable(description, 'production');
}
