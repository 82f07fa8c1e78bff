import { isPattern } from './guessable-patterns.js';
import { lettersBehind, type WordList } from './guessable-words.js';

// Shorter pieces of a name or address are in good passwords by chance. A Korean or Chinese full name has three.
const SHORTEST_NAME = 4;
const SHORTEST_SYLLABIC_NAME = 3;
const SYLLABIC = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
// With fewer letters of its own, the rest of a password is decoration.
const FEWEST_OWN_LETTERS = 6;
const MOST_PIECES = 24;
const LETTER = /\p{L}/u;
const DIGIT = /\p{N}/u;

/** What a person's address and name consist of, lower-case. */
export interface OwnWords {
  /** The local part (also without its +tag) and the name as a whole. */
  readonly whole: readonly string[];
  /** Parts of them, and the labels of the address's domain. */
  readonly pieces: readonly string[];
}

/** Takes an address and a name apart. Both are lower-case; the name may be empty. */
export function ownWords(email: string, displayName: string): OwnWords {
  const at = email.lastIndexOf('@');
  const local = email.slice(0, at);
  const labels = email
    .slice(at + 1)
    .split('.')
    .slice(0, -1);
  const whole = [local, local.replace(/\+.*$/, ''), displayName].flatMap((text) => [text, squeezed(text)]);
  const pieces = [local, displayName, ...labels].flatMap((text) => [squeezed(text), ...text.split(/[^\p{L}]+/u)]);
  return { whole: whole.filter(isLongEnough), pieces: pieces.filter(isLongEnough).slice(0, MOST_PIECES) };
}

/**
 * A password is made of the person's own data when the whole local part or name stands in it as a word of its own, or
 * when nothing but decoration or a common word is left after all own words are taken out. An own word that happens to
 * be inside of a longer word ("anna" in "savannah") does no harm by itself.
 *
 * @param text the password, lower-case
 */
export function containsOwnData(text: string, own: OwnWords, words: WordList): boolean {
  if (own.whole.some((word) => standsAlone(word, text))) return true;
  const byLength = [...own.whole.map(squeezed), ...own.pieces].sort((a, b) => b.length - a.length);
  return [text, ...lettersBehind(text)].some((variant) => {
    const all = squeezed(variant);
    const rest = byLength.reduce((left, word) => left.replaceAll(word, ''), all);
    return rest.length < all.length && isTrivial(rest, words);
  });
}

function isTrivial(rest: string, words: WordList): boolean {
  const letters = rest.replaceAll(/\P{L}/gu, '');
  return [...letters].length < FEWEST_OWN_LETTERS || words.has(letters) || isPattern(rest);
}

function standsAlone(word: string, text: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const end = at + word.length;
    if (!continues(text[at - 1], word[0]) && !continues(word.at(-1), text[end])) return true;
  }
  return false;
}

/** Letters after letters and digits after digits belong together. */
function continues(before: string | undefined, after: string | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  return (LETTER.test(before) && LETTER.test(after)) || (DIGIT.test(before) && DIGIT.test(after));
}

function squeezed(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function isLongEnough(word: string): boolean {
  return [...word].length >= (SYLLABIC.test(word) ? SHORTEST_SYLLABIC_NAME : SHORTEST_NAME);
}
