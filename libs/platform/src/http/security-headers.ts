import type { IncomingMessage, ServerResponse } from 'node:http';

import helmet from 'helmet';

type Headers = Readonly<Record<string, string>>;

/** The API answers data only: nothing in it may load, run, or be framed. */
const API_POLICY = {
  'default-src': ["'none'"],
  'frame-ancestors': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
};

/** Swagger UI: scripts and styles of its own files, `data:` icons, calls to this origin. */
const DOCS_POLICY = {
  ...API_POLICY,
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
};

/**
 * Helmet's defaults, with a policy for data and one for the documentation pages. They are the same for every request,
 * so Helmet is asked once.
 */
export function securityHeaders(production: boolean): { readonly api: Headers; readonly docs: Headers } {
  return { api: headersOf(API_POLICY, production), docs: headersOf(DOCS_POLICY, production) };
}

function headersOf(directives: Record<string, string[]>, production: boolean): Headers {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: (name: string) => Reflect.deleteProperty(headers, name.toLowerCase()),
  } as unknown as ServerResponse;
  const middleware = helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    strictTransportSecurity: production && { maxAge: 31_536_000, includeSubDomains: true },
    // Stricter than Helmet's SAMEORIGIN, and says the same as frame-ancestors.
    frameguard: { action: 'deny' },
  });
  middleware({} as IncomingMessage, response, () => undefined);
  return headers;
}
