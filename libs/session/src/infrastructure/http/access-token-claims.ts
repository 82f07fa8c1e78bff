import { TokenInvalid } from '../../domain/errors.js';

/** The claims of an access token after its signature, issuer, audience and times were found good. */
export interface AccessTokenClaims {
  readonly sub: string;
  readonly sid: string;
  readonly auth_time: number;
  readonly amr: readonly string[];
  readonly acr: string;
  readonly roles: readonly string[];
}

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

/** Reads what this service put there; anything else was not made by it. Throws `TokenInvalid`. */
export function readClaims(payload: Readonly<Record<string, unknown>>): AccessTokenClaims {
  const { sub, sid, exp, iat, auth_time, amr, acr, roles } = payload;
  const timed = isSeconds(exp) && isSeconds(iat) && isSeconds(auth_time);
  if (!timed || !isId(sub) || !isId(sid) || !isStrings(amr) || !isStrings(roles) || typeof acr !== 'string') {
    throw new TokenInvalid();
  }
  return { sub, sid, auth_time, amr, acr, roles };
}
