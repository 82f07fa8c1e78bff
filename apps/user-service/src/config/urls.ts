import { isSamplePassword } from './guessable.js';
import { isInternalHost } from './hosts.js';
import { parsed, Refused } from './formats.js';

/**
 * Where PostgreSQL is: `postgresql://user:password@host:port/name?sslmode=…`, nothing left to the defaults and PG*
 * variables that `pg` would fall back on. `sslmode` is `verify-full` or `disable`.
 */
export interface DatabaseAddress {
  readonly url: string;
  /** Whether the URL asks for TLS, which is then verified. */
  readonly tls: boolean;
}

/** Where mail is handed over. */
export interface SmtpAddress {
  /** `smtps://` is TLS from the first byte (RFC 8314 §3.3). Without a query: nodemailer reads options from it. */
  readonly url: string;
  /** Refuse to send unless STARTTLS succeeds, as `?requireTLS=true` asked; nodemailer's `requireTLS`. */
  readonly requireStartTls: boolean;
}

export const PLAIN_TO_PUBLIC = 'must use TLS unless the host is loopback, private or a cluster-internal name';
export const SAMPLE_PASSWORD = 'holds the sample password';

export function parseUrl(text: string, schemes: readonly string[]): URL {
  const url = URL.parse(text);
  const scheme = url?.protocol.slice(0, -1) ?? '';
  if (url === null || !schemes.includes(scheme) || !/^[^:]+:\/\//.test(text)) {
    throw new Refused(`must be a URL that begins with ${schemes.map((name) => `${name}://`).join(' or ')}`);
  }
  if (url.hostname === '') throw new Refused('must name a host');
  if (url.hash !== '') throw new Refused('must not have a fragment (write # as %23)');
  return url;
}

/** The host as sockets take it: without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

export function decoded(text: string): string | undefined {
  try {
    return text === '' ? undefined : decodeURIComponent(text);
  } catch {
    throw new Refused('holds a broken percent-encoding');
  }
}

// SQLAlchemy reads `/`, `?` and `#` in a password as they stand; a URL parser needs them encoded.
function encodeUserInfo(text: string): string {
  const [, scheme = '', userInfo, rest = ''] = /^([^:]+:\/\/)([^:/@]*:[^@]*)@(.*)$/s.exec(text) ?? [];
  return userInfo === undefined ? text : `${scheme}${userInfo.replace(/[/?#]/g, encodeURIComponent)}@${rest}`;
}

const VERIFIED_TLS = ['require', 'verify-ca', 'verify-full', 'true', '1'];
const NO_TLS = ['disable', 'false', '0'];

/** TLS as libpq (`sslmode`) and asyncpg (`ssl`) spell it; every other parameter belonged to the Python driver. */
function databaseTls(parameters: URLSearchParams): boolean {
  const mode = parameters.get('sslmode') ?? parameters.get('ssl');
  if (['sslrootcert', 'sslcert', 'sslkey'].some((name) => parameters.has(name))) {
    throw new Refused('must not name certificate files; give a private CA to Node with NODE_EXTRA_CA_CERTS');
  }
  if (mode === null || NO_TLS.includes(mode)) return false;
  if (VERIFIED_TLS.includes(mode)) return true;
  throw new Refused('must have sslmode disable, require, verify-ca or verify-full (the last three all verify)');
}

export const databaseUrl = parsed((text): DatabaseAddress => {
  const url = parseUrl(encodeUserInfo(text.replace(/^postgres(ql)?(\+asyncpg)?:/, 'postgresql:')), ['postgresql']);
  if (!/^\/[^/]+$/.test(url.pathname) || url.username === '') throw new Refused('must name a user and a database');
  decoded(url.username + url.password + url.pathname);
  const tls = databaseTls(url.searchParams);
  url.port ||= '5432';
  url.search = tls ? 'sslmode=verify-full' : 'sslmode=disable';
  return { url: url.href, tls };
});

export function databaseRefusedInProduction({ url, tls }: DatabaseAddress): string | undefined {
  const { hostname, password } = new URL(url);
  if (!tls && !isInternalHost(hostname)) return PLAIN_TO_PUBLIC;
  return isSamplePassword(password) ? SAMPLE_PASSWORD : undefined;
}

export const smtpUrl = parsed((text): SmtpAddress => {
  const url = parseUrl(text, ['smtp', 'smtps']);
  if (!['', '?requireTLS=true', '?requireTLS=false'].includes(url.search) || !['', '/'].includes(url.pathname)) {
    throw new Refused('must have no path and no parameter but requireTLS=true');
  }
  decoded(url.username + url.password);
  const requireStartTls = url.search === '?requireTLS=true';
  url.search = '';
  return { url: url.href, requireStartTls };
});

export function smtpRefusedInProduction({ url, requireStartTls }: SmtpAddress): string | undefined {
  const { protocol, hostname, password } = new URL(url);
  if (protocol === 'smtp:' && !requireStartTls && !isInternalHost(hostname)) {
    return `${PLAIN_TO_PUBLIC} (smtps://, or requireTLS=true)`;
  }
  return isSamplePassword(password) ? SAMPLE_PASSWORD : undefined;
}

/** The base of HTTP addresses: no credentials, no query, no slash at its end, so that a path can be appended. */
export const httpBaseUrl = parsed((text) => {
  const url = parseUrl(text, ['http', 'https']);
  if (url.username !== '' || url.password !== '') throw new Refused('must not hold credentials');
  if (url.search !== '') throw new Refused('must not have a query');
  url.search = ''; // a lone `?` or `#` is not in `search` or `hash`, but in `href`
  url.hash = '';
  return url.href.replace(/\/+$/, '');
});

export function httpRefusedInProduction(base: string): string | undefined {
  const { protocol, hostname } = new URL(base);
  return protocol === 'https:' || isInternalHost(hostname) ? undefined : PLAIN_TO_PUBLIC;
}
