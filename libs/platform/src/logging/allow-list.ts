import { describeError } from './describe-error.js';
import { LOG_FIELDS, type FieldKind } from './log-fields.js';
import { scrubText } from './scrub.js';

const MAX_DROPPED = 10;
const NAME = /^[\w.:/@ -]{1,200}$/;
const ID = /^[\w.:-]{1,64}$/;
const CREDENTIAL = /^(?:us[rk]_|eyJ)/;
const ROUTE = /^[\w/:.*{}-]{1,200}$/;
const NETWORK = /^(?:\d{1,3}\.\d{1,3}\.\d{1,3}\.0\/24|[0-9a-f:]{2,20}::\/48)$/;
const FIELD_NAME = /^[A-Za-z_]\w{0,39}$/;

function matching(pattern: RegExp, value: unknown): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

/** Each returns `undefined` when the value is not of its kind; the field then counts as dropped. */
const CHECKS: { readonly [K in FieldKind]: (value: unknown) => unknown } = {
  // Names and ids come from us, but a caller's mistake must not put a token or an address on the line.
  name: (value) => {
    const name = matching(NAME, value);
    return name === undefined ? undefined : scrubText(name);
  },
  id: (value) => (typeof value === 'string' && CREDENTIAL.test(value) ? undefined : matching(ID, value)),
  route: (value) => matching(ROUTE, value),
  network: (value) => matching(NETWORK, value),
  number: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  error: (value) => describeError(value),
};

/**
 * The fields of a log call that may be written. Everything else is left out, and the names (never the values) of what
 * was left out are listed under `dropped`, so that a missing field can be found and added to `LOG_FIELDS` on purpose.
 */
export function allowedFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  const dropped: string[] = [];
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined) {
      continue;
    }
    const kind = Object.hasOwn(LOG_FIELDS, name) ? LOG_FIELDS[name] : undefined;
    const checked = kind === undefined ? undefined : CHECKS[kind](value);
    if (checked !== undefined) {
      kept[name] = checked;
    } else if (dropped.length < MAX_DROPPED) {
      dropped.push(FIELD_NAME.test(name) && scrubText(name) === name ? name : '?');
    }
  }
  if (dropped.length > 0) {
    kept['dropped'] = dropped;
  }
  return kept;
}
