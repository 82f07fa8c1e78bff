/** How many a user is given. */
export const RECOVERY_CODES = 10;

// Crockford's alphabet: no two characters that people take for each other.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHARACTER_BITS = 5;
const GROUP = 4;
const LENGTH = 16;
/** 75: fifteen characters are random; the first one only says which of the user's codes it is. */
export const RECOVERY_CODE_BITS = (LENGTH - 1) * CHARACTER_BITS;

/** A code as it is typed, read. */
export interface RecoveryCode {
  /** Tells the codes of one user apart, so that only one of them has to be hashed. No secret. */
  readonly selector: string;
  /** All of it, in the one form that is hashed. */
  readonly text: string;
}

/** `random`: at least as many bits as {@link RECOVERY_CODE_BITS}. `index` numbers the codes of one set. */
export function makeRecoveryCode(index: number, random: Uint8Array): RecoveryCode {
  const characters = [...random].slice(0, LENGTH - 1).map((byte) => ALPHABET.charAt(byte & 31));
  const selector = ALPHABET.charAt(index);
  return { selector, text: `${selector}${characters.join('')}` };
}

/** `ABCD-EFGH-…`, for paper. */
export function printed({ text }: RecoveryCode): string {
  return text.match(new RegExp(`.{${GROUP}}`, 'g'))?.join('-') ?? text;
}

/** Whatever way it was written down and typed in; `null` when it is no code at all. */
export function readRecoveryCode(typed: string): RecoveryCode | null {
  const text = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  if (text.length !== LENGTH || [...text].some((character) => !ALPHABET.includes(character))) return null;
  return { selector: text.charAt(0), text };
}
