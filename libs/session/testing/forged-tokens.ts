import { createHmac } from 'node:crypto';

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token with any header and payload, signed by HMAC, as whoever knows (or guesses) a secret could make it. */
export function forgeToken(header: unknown, payload: unknown, secret: string | Buffer, hash = 'sha512'): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
}

/** Header and payload of a token, unverified. */
export function readToken(token: string): { header: Record<string, unknown>; payload: Record<string, unknown> } {
  const [header, payload] = token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>);
  if (header === undefined || payload === undefined) throw new Error('Not a token');
  return { header, payload };
}
