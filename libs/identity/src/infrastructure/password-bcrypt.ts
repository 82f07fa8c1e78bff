import * as bcrypt from 'bcrypt';

import { bcryptVerdict } from '../domain/bcrypt-hash.js';

// bcrypt(3) reads no further, so that passwords which only differ behind this are the same to it.
const READS_BYTES = 72;

/** A hash of the service before this one. */
export function isBcrypt(hash: string): boolean {
  return bcryptVerdict(hash) === 'good';
}

/**
 * True when no answer would be worth anything: bcrypt would not read the password to its end, or may stop at a NUL. That
 * service took the bytes as they came, composed or not, and so does this.
 */
export function exceedsBcrypt(password: string): boolean {
  return password.includes('\0') || Buffer.byteLength(password, 'utf8') > READS_BYTES;
}

/** Computed in libuv's threads. A password that is too long for bcrypt is never right. */
export async function verifyBcrypt(hash: string, password: string): Promise<boolean> {
  if (exceedsBcrypt(password)) return false;
  // The package knows no `y`, which is PHP's name for the `b` of everybody else.
  return bcrypt.compare(password, hash.replace(/^\$2y\$/, '$2b$'));
}
