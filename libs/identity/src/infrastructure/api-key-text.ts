import { hash } from 'node:crypto';

/** `usk_<prefix>_<secret>`: 12 characters of base32 (60 bits) and 43 of base64url (256 bits). */
const API_KEY = /^usk_([a-z2-7]{12})_([A-Za-z0-9_-]{43})$/;

export interface ApiKeyText {
  readonly prefix: string;
  readonly secret: string;
}

export function apiKeyText({ prefix, secret }: ApiKeyText): string {
  return `usk_${prefix}_${secret}`;
}

/** `undefined` for whatever cannot be a key, whoever made it. */
export function readApiKey(sent: string): ApiKeyText | undefined {
  const [, prefix, secret] = API_KEY.exec(sent) ?? [];
  return prefix === undefined || secret === undefined ? undefined : { prefix, secret };
}

// 256 random bits need no salt and no slow hash (OWASP ASVS 5.0 §11.4).
export function hashOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
