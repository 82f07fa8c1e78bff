interface DriverError {
  readonly code?: unknown;
  readonly driverError?: unknown;
}

/** Codes that one decision or another is made by (PostgreSQL Appendix A). */
export const SQLSTATE = {
  uniqueViolation: '23505',
  invalidSchema: '3F000',
  insufficientPrivilege: '42501',
  undefinedTable: '42P01',
  lockNotAvailable: '55P03',
  queryCanceled: '57014',
} as const;

/** The PostgreSQL or socket error at the bottom of what TypeORM threw. */
function driverErrorOf(error: unknown): DriverError {
  const outer = (error ?? {}) as DriverError;
  return outer.driverError ?? outer;
}

/** The SQLSTATE or the socket's error code, for logs and decisions; `undefined` when there is none. */
export function databaseErrorCode(error: unknown): string | undefined {
  const { code } = driverErrorOf(error);
  return typeof code === 'string' ? code : undefined;
}

/** True when PostgreSQL did not answer within `query_timeout`: the statement may still be under way. */
export function isReadTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

// PostgreSQL Appendix A: connection exceptions, refused logins, insufficient resources, operator intervention,
// serialization failures and deadlocks, lock not available, time limits of transactions, and a database, schema or table
// that is not there (yet). In all of them the same call may succeed later, without any change of this service.
const TRANSIENT_SQLSTATE = /^(08|28|53|57|40)|^(55P03|25P03|25P04|3D000|3F000|42P01)$/;
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);
// node-postgres reports these without a code; TypeORM the one about its query runner, whose connection was lost.
const CODELESS =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|not queryable|Query runner already released|Client has encountered a connection error|not connected|is not established|pool after calling end/i;

const outages = new WeakSet<object>();

/**
 * Makes an outage of an error, whatever its code: for what goes wrong before any statement of ours was looked at, such as
 * a certificate that has expired, or a server that takes no writes.
 */
export function markAsOutage(error: unknown): void {
  if (typeof error === 'object' && error !== null) outages.add(error);
}

/** True when PostgreSQL could not be reached or could not serve now, so that the caller should try again. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const driver = driverErrorOf(error);
  if (outages.has(driver)) return true;
  if (typeof driver.code === 'string') {
    return SOCKET_CODES.has(driver.code) || (driver.code.length === 5 && TRANSIENT_SQLSTATE.test(driver.code));
  }
  return error instanceof Error && CODELESS.test(error.message);
}

/**
 * For statements that queue what must leave this service: whatever keeps PostgreSQL from storing it, the change that it
 * belongs to is not to be had now, and is no defect of the call (requirements.md, AU-08).
 */
export async function orOutage<T>(statement: Promise<T>): Promise<T> {
  try {
    return await statement;
  } catch (error) {
    if (databaseErrorCode(error) !== undefined) markAsOutage(driverErrorOf(error));
    throw error;
  }
}
