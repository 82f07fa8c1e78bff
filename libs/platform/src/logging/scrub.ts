/** Longest free text on a log line, in UTF-16 units. */
export const MAX_TEXT = 1_024;
/** Work bound of the scrubber: more than this is cut before it is looked at. */
const MAX_INPUT = 8_192;

const REDACTED = '[redacted]';

/** Mixed-case with a digit: a random string rather than a path, a UUID or an identifier. */
function looksRandom(match: string): boolean {
  return /\d/.test(match) && /[a-z]/.test(match) && /[A-Z]/.test(match);
}

// Quantifiers are bounded and separators excluded, so that no pattern backtracks beyond one match.
const RULES: readonly (readonly [RegExp, string | ((match: string) => string)])[] = [
  // user:password@ in a URL (RFC 3986 §3.2.1)
  [/\/\/[^\s/@]{1,256}@/g, `//${REDACTED}@`],
  [/\b(?:Bearer|Basic|DPoP)\s{1,4}[^\s"',;]{1,4096}/gi, REDACTED],
  // JSON Web Tokens: base64url of '{"'
  [/eyJ[A-Za-z0-9_-]{4,4096}(?:\.[A-Za-z0-9_-]{0,4096}){0,4}/g, REDACTED],
  // our own opaque tokens and API keys
  [/\bus[rkd]_[A-Za-z0-9_-]{1,512}/g, REDACTED],
  // password hashes in PHC and modular crypt form
  [/\$(?:argon2(?:id|i|d)|2[abxy])\$[^\s"';]{1,512}/g, REDACTED],
  [/\b(passw(?:or)?d|passphrase|secret|token|otp|code|key|cookie|session)=[^\s&"',;]{1,4096}/gi, `$1=${REDACTED}`],
  // e-mail addresses, also percent-encoded
  [/[\p{L}\p{N}._+'-]{1,64}(?:@|%40)[\p{L}\p{N}.-]{1,190}\.\p{L}{2,63}/giu, '[email]'],
  // Korean resident registration numbers; without the hyphen only where a date of birth leads
  [/\b\d{6}[- ][1-8]\d{6}\b/g, REDACTED],
  [/\b\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[1-8]\d{6}\b/g, REDACTED],
  // phone numbers: international, Korean mobile and land line
  [/\+\d[\d ().-]{6,20}\d/g, '[phone]'],
  [/\b01[016789][-. ]?\d{3,4}[-. ]?\d{4}\b/g, '[phone]'],
  [/\b0\d{1,2}[- ]\d{3,4}[- ]\d{4}\b/g, '[phone]'],
  // client and host addresses; loopback says nothing about anyone
  [/\b(?!127\.|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}\b/g, '[ip]'],
  [/\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b/gi, '[ip]'],
  [/\b[0-9a-f]{32,}\b/gi, REDACTED],
  // base32, as TOTP secrets are written (RFC 4648 §6)
  [/\b(?=[A-Z]*[2-7])[A-Z2-7]{16,}\b/g, REDACTED],
  [/[A-Za-z0-9+/_-]{24,}={0,2}/g, (match) => (looksRandom(match) ? REDACTED : match)],
];

/**
 * Control characters, line and paragraph separators and bidirectional overrides. JSON escapes only those below U+0020;
 * the rest would still break lines or repaint a terminal for whoever reads the log raw.
 */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Texts that were found clean. Nearly all names and sentences are constants of the code, and looked at only once. */
const clean = new Set<string>();
const MAX_CLEAN = 1_000;
const MAX_CLEAN_LENGTH = 120;

/** Makes any text fit for one log line: nothing personal or secret that can be recognised, one line, bounded. */
export function scrubText(text: string): string {
  if (clean.has(text)) return text;
  const scrubbed = scrub(text);
  if (scrubbed === text && text.length <= MAX_CLEAN_LENGTH) {
    if (clean.size >= MAX_CLEAN) clean.clear();
    clean.add(text);
  }
  return scrubbed;
}

function scrub(text: string): string {
  let result = text.length > MAX_INPUT ? text.slice(0, MAX_INPUT) : text;
  for (const [pattern, replacement] of RULES) {
    result =
      typeof replacement === 'string' ? result.replace(pattern, replacement) : result.replace(pattern, replacement);
  }
  result = result.replace(UNPRINTABLE, escapeCharacter);
  return result.length > MAX_TEXT ? `${result.slice(0, MAX_TEXT)}…` : result;
}
