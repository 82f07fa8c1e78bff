import type { IncomingMessage } from 'node:http';

import { isRepeated } from './raw-headers.js';

/** b64token of RFC 6750 §2.1, behind the case-insensitive scheme (RFC 9110 §11.1). */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

export type BearerHeader =
  | { readonly kind: 'missing' }
  /** There is an `Authorization` header, but no bearer token in it; answered like a forged token. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'token'; readonly token: string };

/** Reads `Authorization`. Two headers are malformed, even if one of them is good: proxies disagree about which counts. */
export function readBearer(request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): BearerHeader {
  const { authorization } = request.headers;
  if (authorization === undefined) return { kind: 'missing' };
  const token = isRepeated(request, 'authorization') ? undefined : BEARER.exec(authorization)?.[1];
  return token === undefined ? { kind: 'malformed' } : { kind: 'token', token };
}
