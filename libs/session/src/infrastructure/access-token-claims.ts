import type { VerifiedToken } from '../application/ports.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/**
 * Reads what this service puts into an access token; anything else was not made by it, and is `undefined`. Frozen: one
 * token is read once, for all requests that carry it.
 */
export function readClaims(payload: Readonly<Record<string, unknown>>): VerifiedToken | undefined {
  const { sub, sid, jti, exp, iat, auth_time, amr, acr, roles } = payload;
  if (!isSeconds(exp) || !isSeconds(iat) || !isSeconds(auth_time)) return undefined;
  if (!isId(sub) || !isId(sid) || typeof jti !== 'string') return undefined;
  if (!isStrings(amr) || !isStrings(roles) || typeof acr !== 'string') return undefined;
  return Object.freeze({
    userId: sub,
    sessionId: sid,
    tokenId: jti,
    roles: Object.freeze(roles),
    amr: Object.freeze(amr),
    acr,
    authTime: auth_time,
    issuedAt: iat,
    expiresAt: exp,
  });
}
