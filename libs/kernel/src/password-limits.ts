/** api.md, Environment: 256 code points and 1 KiB at most. */
export const PASSWORD_MAX_CODE_POINTS = 256;
const PASSWORD_MAX_BYTES = 1024;

// A code point decomposes into three times its UTF-8 bytes at most (Unicode UAX #15); more is not even normalised, which
// takes a time that grows with the square of a row of combining marks.
const TYPED_MAX_BYTES = 3 * PASSWORD_MAX_BYTES;

/**
 * Whether a password is short enough to be worked on. It is measured as it is hashed, in NFC: the same text is as long
 * whether a keyboard sends it composed or decomposed. Whether it is good, or right, is not asked here.
 */
export function fitsPasswordLimits(typed: string): boolean {
  if (Buffer.byteLength(typed, 'utf8') > TYPED_MAX_BYTES) return false;
  const text = typed.normalize('NFC');
  return Buffer.byteLength(text, 'utf8') <= PASSWORD_MAX_BYTES && [...text].length <= PASSWORD_MAX_CODE_POINTS;
}
