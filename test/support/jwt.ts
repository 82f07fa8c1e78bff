import { createHmac } from 'node:crypto';

export type Claims = Readonly<Record<string, unknown>>;

/** What a token says, unverified. */
export function decodeJwt(token: string): { header: Claims; claims: Claims; parts: string[] } {
  const parts = token.split('.');
  const [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(decode(part)) as Claims);
  return { header: header!, claims: claims!, parts };
}

/** Makes a token with any header and claims; `undefined` members are left out. HS256, HS384 and HS512 sign for real. */
export function forgeJwt(header: Claims, claims: Claims | string, secret: string): string {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims);
  const input = `${encode(JSON.stringify(header))}.${encode(text)}`;
  const [, bits] = /^HS(256|384|512)$/.exec(String(header['alg'])) ?? [];
  return `${input}.${bits === undefined ? '' : createHmac(`sha${bits}`, secret).update(input).digest('base64url')}`;
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function decode(text: string): string {
  return Buffer.from(text, 'base64url').toString('utf8');
}
