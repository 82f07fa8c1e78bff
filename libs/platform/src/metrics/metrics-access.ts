import { createHash, timingSafeEqual } from 'node:crypto';

/** Bound by the composition root from configuration. */
export abstract class MetricsSettings {
  /** A port of its own for `/metrics`; `undefined` serves it with everything else. */
  abstract readonly port: number | undefined;
  /** The address that port listens on. */
  abstract readonly host: string;
  /** The bearer token a scraper must send; `undefined` asks for none. */
  abstract readonly token: string | undefined;
}

const BEARER = /^Bearer ([\x21-\x7e]{1,512})$/i;

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Whether an `Authorization` header opens `/metrics`. Compares in constant time. */
export function mayScrape(settings: MetricsSettings, authorization: string | undefined): boolean {
  if (settings.token === undefined) return true;
  const sent = BEARER.exec(authorization ?? '')?.[1];
  return sent !== undefined && timingSafeEqual(digest(sent), digest(settings.token));
}
