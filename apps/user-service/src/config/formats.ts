import { createSecretKey, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';

/** A key of the keyring: the id that is written beside what the key protects, and the key. */
export interface NamedKey {
  readonly kid: string;
  readonly key: KeyObject;
}

/** Thrown inside `parsed` with a reason that is safe to show: it never holds the value. */
export class Refused extends Error {}

/** A schema from a function that returns the value or throws `Refused`; whatever else it throws tells nothing. */
export function parsed<Value>(parse: (text: string) => Value): z.ZodType<Value, string> {
  return z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Refused ? error.message : 'cannot be read' });
      return z.NEVER;
    }
  });
}

// The words pydantic accepts: the environment files of the Python service stay valid.
const TRUE_WORDS = ['true', '1', 'yes', 'on', 't', 'y'];
const FALSE_WORDS = ['false', '0', 'no', 'off', 'f', 'n'];

export const booleanText = parsed((text) => {
  const word = text.toLowerCase();
  if (TRUE_WORDS.includes(word)) return true;
  if (FALSE_WORDS.includes(word)) return false;
  throw new Refused('must be true or false');
});

/** A whole decimal number between the bounds, both included. */
export function integerText(min: number, max: number): z.ZodType<number, string> {
  return parsed((text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new Refused(`must be a whole number from ${String(min)} to ${String(max)}`);
  });
}

/** One of a few words, in any case. */
export function wordText<const Word extends string>(words: readonly Word[]): z.ZodType<Word, string> {
  return parsed((text) => {
    const found = words.find((word) => word === text.toLowerCase());
    if (found === undefined) throw new Refused(`must be one of ${words.join(', ')}`);
    return found;
  });
}

/** Some of a few words, separated by commas, in any case; `none` for none of them. */
export function wordsText<const Word extends string>(words: readonly Word[]): z.ZodType<readonly Word[], string> {
  return parsed((text) => {
    const named = text
      .toLowerCase()
      .split(',')
      .map((word) => word.trim());
    if (named.join() === 'none') return [];
    const found = words.filter((word) => named.includes(word));
    if (found.length !== new Set(named).size) throw new Refused(`must be none, or some of ${words.join(', ')}`);
    return found;
  });
}

// Bounds what an accident can put into memory and headers; no legitimate value comes near.
const LONGEST_TEXT = 4096;

/** Any single line. */
export const lineText = parsed((text) => {
  if (text.length > LONGEST_TEXT) throw new Refused('is too long');
  if (/\p{Cc}/u.test(text)) throw new Refused('must not contain control characters');
  return text;
});

/** A shared secret of at least `least` characters (code points). */
export function secretText(least: number): z.ZodType<string, string> {
  return parsed((text) => {
    if ([...text].length < least) throw new Refused(`must have at least ${String(least)} characters`);
    if (text.length > LONGEST_TEXT) throw new Refused('is too long');
    return text;
  });
}

/** A secret that travels in an HTTP header: visible ASCII without space (RFC 9110 §5.5). */
export function headerSecretText(least: number): z.ZodType<string, string> {
  return secretText(least).refine((text) => /^[\x21-\x7e]+$/.test(text), 'must be visible ASCII without spaces');
}

const KEY_BYTES = 32;

function key256(base64: string): KeyObject {
  const bytes = Buffer.from(base64, 'base64');
  // Buffer.from skips what is not base64; the round trip finds it. Padding may be left out.
  const canonical = bytes.toString('base64').replace(/=+$/, '') === base64.replace(/=+$/, '');
  if (!canonical || bytes.length !== KEY_BYTES) throw new Refused('must be the base64 of exactly 32 bytes');
  return createSecretKey(bytes);
}

export const keyText = parsed(key256);

/** `kid:base64(32 bytes),…`; the first one is active. */
export const keyringText = parsed((text): readonly NamedKey[] => {
  const keys = text.split(',').map((entry, index) => {
    const [, kid, base64] = /^\s*([A-Za-z0-9_-]{1,32}):([^:\s]+)\s*$/.exec(entry) ?? [];
    const which = `entry ${String(index + 1)}`;
    if (kid === undefined || base64 === undefined) throw new Refused(`${which} must be kid:base64 of 32 bytes`);
    try {
      return { kid, key: key256(base64) };
    } catch {
      throw new Refused(`${which} must be kid:base64 of 32 bytes`);
    }
  });
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw new Refused('must not name a kid twice');
  return keys;
});

/** A secret with the id that is written beside what it was used for. */
export interface NamedSecret {
  readonly id: string;
  readonly secret: string;
}

// A secret that begins like a list with one entry is one: nothing depends on the difference.
const NAMED_SECRET = /^\s*([A-Za-z0-9_-]{1,32}):(\S+)\s*$/;

/** `id:secret,…`, the first one active, or one secret without an id, which is then called `1`. */
export function secretsText(least: number): z.ZodType<readonly NamedSecret[], string> {
  return parsed((text) => {
    if (text.length > LONGEST_TEXT) throw new Refused('is too long');
    const entries = text.split(',').map((entry) => NAMED_SECRET.exec(entry));
    const named = entries.every((entry) => entry !== null)
      ? entries.map(([, id = '', secret = '']) => ({ id, secret }))
      : [{ id: '1', secret: text }];
    if (named.some(({ secret }) => [...secret].length < least)) {
      throw new Refused(`each secret must have at least ${String(least)} characters`);
    }
    if (new Set(named.map(({ id }) => id)).size < named.length) throw new Refused('must not name an id twice');
    return named;
  });
}

/** A JSON array of exact origins (RFC 6454 §6.2), or `*`. */
export const originsText = parsed((text): readonly string[] => {
  const list = jsonArray(text);
  list.forEach((origin, index) => {
    if (origin === '*' || isOrigin(origin)) return;
    throw new Refused(`entry ${String(index + 1)} must be an exact origin, scheme://host[:port] in lower case`);
  });
  return [...new Set(list)];
});

/** A JSON array of origins that may ask for passkeys: pages, and Android apps as their signing key names them. */
export const passkeyOriginsText = parsed((text): readonly string[] => {
  const list = jsonArray(text);
  list.forEach((origin, index) => {
    if (isOrigin(origin) || /^android:apk-key-hash:[A-Za-z0-9_-]{43}$/.test(origin)) return;
    throw new Refused(`entry ${String(index + 1)} must be an exact origin, or android:apk-key-hash: and a SHA-256`);
  });
  return [...new Set(list)];
});

/** A domain name in lower case, without a dot at its end. */
export const domainText = parsed((text) => {
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
  if (text.length > 253 || !new RegExp(`^${label}(?:\\.${label})*$`).test(text) || isIP(text) !== 0) {
    throw new Refused('must be a domain name in lower case');
  }
  return text;
});

function jsonArray(text: string): string[] {
  const strings = z.array(z.string()).max(100);
  try {
    return strings.parse(JSON.parse(text));
  } catch {
    // JSON.parse quotes the text in its message.
    throw new Refused('must be a JSON array of at most 100 strings');
  }
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  // The URL parser takes `*` in a host name; a pattern would never equal an Origin header.
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text && !text.includes('*');
}

/** Comma-separated addresses and networks in CIDR notation. */
export const networksText = parsed((text): readonly string[] =>
  text.split(',').map((entry, index) => {
    const network = entry.trim();
    if (!isNetwork(network)) throw new Refused(`entry ${String(index + 1)} must be an IP address or a network`);
    return network;
  }),
);

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes('%')) return false;
  // A prefix of 0 would trust every peer, and so let anybody forge X-Forwarded-For.
  return prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** An address to listen on. */
export const listenHostText = parsed((text) => {
  if (isIP(text) === 0 && !/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text)) {
    throw new Refused('must be an IP address or a host name');
  }
  return text;
});

/** `Name <local@domain>` or the bare address (RFC 5322 §3.4), one only. */
export const mailboxText = lineText.refine(
  (text) => /^(?:[^<>@,;]*<[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/.test(text),
  'must be one mail address, or a name and the address in angle brackets',
);
