import { scrubText } from './scrub.js';

/** What a log line says about an exception. */
export interface ErrorFields {
  type: string;
  code?: string;
  /** Scrubbed and bounded; absent for database errors, whose messages quote the values they refuse. */
  message?: string;
  severity?: string;
  table?: string;
  constraint?: string;
  routine?: string;
  syscall?: string;
  stack?: string[];
  cause?: ErrorFields;
  errors?: ErrorFields[];
}

const MAX_DEPTH = 3;
const MAX_FRAMES = 20;
const MAX_AGGREGATED = 3;
const WORD = /^[\w.:$-]{1,80}$/;
// PostgreSQL: five digits or upper-case letters (appendix A).
const SQLSTATE = /^[0-9A-Z]{5}$/;
// Only what V8 itself prints; a line of a message that merely begins with "at" does not look like this.
const FRAME = /^\s+at (?:[\w$.<>#[\] ]{1,200} \()?(?:file:\/\/|node:)?([\w@./+-]{1,400}:\d{1,7}:\d{1,7})\)?$/;

function word(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && WORD.test(text) && scrubText(text) === text ? text : undefined;
}

function frames(error: Error): string[] {
  const stack = error.stack ?? '';
  const header = error.message === '' ? -1 : stack.indexOf(error.message);
  const body = header < 0 ? stack : stack.slice(header + error.message.length);
  return body
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim().replace(/^at /, ''));
}

function isDatabaseError(error: Error): error is Error & Record<string, unknown> {
  const fields = error as unknown as Record<string, unknown>;
  if (error.name === 'QueryFailedError' || 'driverError' in fields) {
    return true;
  }
  return typeof fields['code'] === 'string' && SQLSTATE.test(fields['code']) && 'severity' in fields;
}

/** SQLSTATE, severity, table, constraint and routine; never the statement, its parameters or the detail. */
function databaseFields(error: Error & Record<string, unknown>): Partial<ErrorFields> {
  const driver = (error['driverError'] as Record<string, unknown> | undefined) ?? error;
  return defined({
    code: word(driver['code']),
    severity: word(driver['severity']),
    table: word(driver['table']),
    constraint: word(driver['constraint']),
    routine: word(driver['routine']),
  });
}

function defined<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function generalFields(error: Error): Partial<ErrorFields> {
  const fields = error as unknown as Record<string, unknown>;
  return defined({
    code: word(fields['code']),
    syscall: word(fields['syscall']),
    message: error.message === '' ? undefined : scrubText(error.message),
  });
}

function nested(error: Error, depth: number): Partial<ErrorFields> {
  if (depth >= MAX_DEPTH) {
    return {};
  }
  const aggregated: unknown[] = error instanceof AggregateError ? error.errors : [];
  return defined({
    cause: error.cause === undefined ? undefined : describeError(error.cause, depth + 1),
    errors:
      aggregated.length === 0
        ? undefined
        : aggregated.slice(0, MAX_AGGREGATED).map((inner) => describeError(inner, depth + 1)),
  });
}

/** Reduces whatever was thrown to what may be logged: class, code, cause and stack frames without the message line. */
export function describeError(thrown: unknown, depth = 0): ErrorFields {
  if (!(thrown instanceof Error)) {
    return { type: thrown === null ? 'null' : typeof thrown };
  }
  const stack = frames(thrown);
  return {
    type: word(thrown.constructor.name) ?? 'Error',
    ...(isDatabaseError(thrown) ? databaseFields(thrown) : generalFields(thrown)),
    ...(stack.length === 0 ? {} : { stack }),
    ...nested(thrown, depth),
  };
}
