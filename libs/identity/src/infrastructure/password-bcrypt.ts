import * as bcrypt from 'bcrypt';

// OpenBSD's bcrypt(3): the fixes that the letters stand for concern passwords longer than any that is admitted here. A
// cost over 16 keeps a core busy for seconds and is in use nowhere.
const BCRYPT = /^\$2[aby]\$(?:0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}$/;
// bcrypt(3) reads no further, so that passwords which only differ behind this are the same to it.
const READS_BYTES = 72;

/** A hash of the service before this one. */
export function isBcrypt(hash: string): boolean {
  return BCRYPT.test(hash);
}

/**
 * The bytes that can have been hashed when somebody types this: that service took them as they came, composed or not.
 * Those that bcrypt would not read to their end are left out, and so is a NUL, where it would stop reading.
 */
function spellings(password: string): readonly string[] {
  if (password.includes('\0')) return [];
  const all = new Set([password, password.normalize('NFC'), password.normalize('NFD')]);
  return [...all].filter((spelling) => Buffer.byteLength(spelling, 'utf8') <= READS_BYTES);
}

/** True when no answer would be worth anything, because bcrypt cannot tell this password from others. */
export function exceedsBcrypt(password: string): boolean {
  return spellings(password).length === 0;
}

/** Computed in libuv's threads. A password that is too long for bcrypt is never right. */
export async function verifyBcrypt(hash: string, password: string): Promise<boolean> {
  // The package knows no `y`, which is PHP's name for the `b` of everybody else.
  const known = hash.replace(/^\$2y\$/, '$2b$');
  for (const spelling of spellings(password)) {
    if (await bcrypt.compare(spelling, known)) return true;
  }
  return false;
}
