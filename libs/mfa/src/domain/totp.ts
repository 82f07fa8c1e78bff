/** RFC 6238 §4.1, the values that every authenticator app knows. */
export const TOTP_STEP_S = 30;
export const TOTP_DIGITS = 6;
/** RFC 4226 §4, R6: the length that is recommended there. */
export const TOTP_SECRET_BITS = 160;

// RFC 6238 §5.2: one step for the delay of network and people, and as much for a phone whose clock is ahead.
const WINDOW = [-1, 0, 1];
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BASE32_BITS = 5;
const BYTE_BITS = 8;

const FORM = /^[0-9]{6}$/;

export type CodeVerdict = { readonly outcome: 'right'; readonly step: number } | { readonly outcome: 'wrong' | 'used' };

/**
 * Which step of time a code belongs to. A step that is not newer than the last accepted one is used up, whoever shows
 * its code (RFC 6238 §5.2).
 *
 * @param isCodeOf compares in constant time
 */
export function judgeCode(
  typed: string,
  lastStep: number | null,
  now: Date,
  isCodeOf: (step: number, code: string) => boolean,
): CodeVerdict {
  const code = typed.replaceAll(' ', '');
  if (!FORM.test(code)) return { outcome: 'wrong' };
  const present = Math.floor(now.getTime() / 1_000 / TOTP_STEP_S);
  // All of them, so that its time does not tell which.
  const matching = WINDOW.map((offset) => present + offset).filter((step) => isCodeOf(step, code));
  const fresh = matching.find((step) => lastStep === null || step > lastStep);
  if (fresh !== undefined) return { outcome: 'right', step: fresh };
  return { outcome: matching.length > 0 ? 'used' : 'wrong' };
}

/** RFC 4648 §6, without padding, as authenticator apps take it. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << BYTE_BITS) | byte) & 0xfff;
    bits += BYTE_BITS;
    while (bits >= BASE32_BITS) {
      bits -= BASE32_BITS;
      text += BASE32.charAt((value >> bits) & 31);
    }
  }
  return bits > 0 ? text + BASE32.charAt((value << (BASE32_BITS - bits)) & 31) : text;
}

/** What an authenticator app reads: https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
export function otpauthUrl(issuer: string, account: string, secret: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  const parameters = [
    `secret=${secret}`,
    `issuer=${encodeURIComponent(issuer)}`,
    'algorithm=SHA1',
    `digits=${TOTP_DIGITS}`,
    `period=${TOTP_STEP_S}`,
  ];
  return `otpauth://totp/${label}?${parameters.join('&')}`;
}
