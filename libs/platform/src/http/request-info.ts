import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import type { RequestInfo } from '#platform/context';

import type { Language } from './problem.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** api.md: a UUID, or 16 to 64 URL-safe characters. */
const URL_SAFE_ID = /^[A-Za-z0-9_-]{16,64}$/;
/** What begins like a token or a key of ours is never written to the log, where this id must be found again. */
const CREDENTIAL = /^(?:us[rkd]_|eyJ)/;
/** W3C Trace Context §3.2.2; version ff and all-zero ids are invalid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const USER_AGENT_LENGTH = 256;

/** The caller's `X-Request-Id` if it has an accepted form, else a new UUIDv7. */
export function requestIdOf(request: IncomingMessage): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && isAccepted(sent) ? sent : newRequestId();
}

function isAccepted(id: string): boolean {
  return UUID.test(id) || (URL_SAFE_ID.test(id) && !CREDENTIAL.test(id));
}

let lastTime = -1;
let lastPrefix = '';

/** A UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then random bits, so that logs sort by arrival. */
export function newRequestId(): string {
  const time = Date.now();
  // Many requests share a millisecond.
  if (time !== lastTime) {
    const hex = time.toString(16).padStart(12, '0');
    lastTime = time;
    lastPrefix = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
  }
  // The random part of a version 4 UUID, which Node draws from a pool: ten times as fast as asking the system each time.
  return lastPrefix + randomUUID().slice(15);
}

/** @param ip the client's address after the trusted proxies were taken into account */
export function requestInfoOf(request: IncomingMessage, requestId: string, ip: string | undefined): RequestInfo {
  const { traceparent } = request.headers;
  return {
    requestId,
    traceparent: typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : undefined,
    ip,
    userAgent: cleanUserAgent(request.headers['user-agent']),
    language: languageOf(request.headers['accept-language']),
  };
}

function cleanUserAgent(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  // \p{Cc}: Node decodes headers as Latin-1, so C1 control characters can be there as well.
  return header.slice(0, USER_AGENT_LENGTH).replace(/\p{Cc}/gu, '');
}

/**
 * The better of `en` and `ko` by `Accept-Language` (RFC 9110 §12.5.4): the highest weight wins, the first one listed
 * at equal weight, `en` when neither is acceptable. `*` stands for whatever is not named, so for `en` first.
 */
export function languageOf(header: string | undefined): Language {
  if (header === undefined) return 'en';
  let best: { language: Language; weight: number } = { language: 'en', weight: 0 };
  // Browsers list about ten; more is not worth the time.
  for (const range of header.split(',', 20)) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const language = rangeLanguage(tag);
    const weight = weightOf(parameters);
    if (language !== undefined && weight > best.weight) best = { language, weight };
  }
  return best.language;
}

function rangeLanguage(tag: string): Language | undefined {
  if (tag === 'ko' || tag.startsWith('ko-')) return 'ko';
  return tag === 'en' || tag === '*' || tag.startsWith('en-') ? 'en' : undefined;
}

function weightOf(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  if (q === undefined) return 1;
  const weight = Number(q.slice(2));
  return weight >= 0 && weight <= 1 ? weight : 0;
}
