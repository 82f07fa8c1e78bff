/**
 * Words that appear in sample configurations and never in a random secret. None is shorter than six letters, so that
 * 64 characters of random base64 hold one by chance less than once in a million.
 */
const SAMPLE_WORDS = [
  'changeme',
  'change-me',
  'change_me',
  'change me',
  'secret',
  'example',
  'sample',
  'password',
  'passphrase',
  'default',
  'placeholder',
  'replace-',
  'replace_',
  'insecure',
  'testing',
  'qwerty',
];

/** 64 random decimal digits, the poorest alphabet in use, miss three or more of the ten less than once in 10 000. */
const LEAST_DISTINCT_CHARACTERS = 8;

/** Neighbours that are equal or one step apart: about a fifth of them in random hexadecimal text. */
const MOST_SEQUENTIAL_SHARE = 0.6;

/** Different runs of three per position: close to 1 in random text, and p / length when p characters are repeated. */
const LEAST_DISTINCT_RUNS = 0.5;

/**
 * Why a secret looks like a sample or like something a person made up, or undefined when it looks random.
 * It cannot prove randomness; it stops what documentation, tutorials and keyboards produce.
 */
export function guessable(secret: string): string | undefined {
  return /^<.*>$/s.test(secret) ? 'is a sample value' : weakness(secret);
}

/** The same judgement for a binary key: on its bytes, which may spell a sample text. */
export function guessableKey(key: Buffer): string | undefined {
  return weakness(key.toString('latin1'));
}

function weakness(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (SAMPLE_WORDS.some((word) => lower.includes(word))) return 'is a sample value';
  const characters = [...text];
  if (new Set(characters).size < LEAST_DISTINCT_CHARACTERS) return 'has too few different characters';
  if (sequentialShare(characters) > MOST_SEQUENTIAL_SHARE) return 'is a sequence';
  if (distinctRuns(characters) < LEAST_DISTINCT_RUNS) return 'repeats itself';
  return undefined;
}

/** Only the password of a URL that still is the sample of `.env.example`: database passwords are not ours to judge. */
export function isSamplePassword(password: string): boolean {
  return /change[-_ ]?me/i.test(password);
}

function sequentialShare(characters: readonly string[]): number {
  const codes = characters.map((character) => character.codePointAt(0) ?? 0);
  const close = codes.filter((code, index) => index > 0 && Math.abs(code - (codes[index - 1] ?? 0)) <= 1);
  return close.length / Math.max(1, codes.length - 1);
}

function distinctRuns(characters: readonly string[]): number {
  const positions = characters.length - 2;
  if (positions < 1) return 0;
  const runs = new Set(Array.from({ length: positions }, (_, index) => characters.slice(index, index + 3).join('')));
  return runs.size / positions;
}
