import { createHash } from 'node:crypto';

/** 256 random bits need no salt and no slow hash (OWASP ASVS 5.0 §11.4). */
export function hashOfDeviceToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
