import { isPattern, smallestUnit, withoutRunsAt } from './guessable-patterns.js';

/** Passwords that attackers have lists of; lower-case, without decoration. */
export interface WordList {
  has(word: string): boolean;
}

// Entries of the list are 20 characters at most; a service's name may be a little longer.
const LONGEST_WORD = 24;
// Shorter words are in half of all good passwords by chance.
const SHORTEST_WORD = 4;
// A word shorter than this has to be a third of the text: random digits with a few letters hold one by chance, too.
const TELLING_WORD = 6;

const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '2': 'z',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '€': 'e',
  '+': 't',
  '(': 'c',
};
const LETTER = /\p{L}/u;
const LEET_SIGN = /[02345789@$€+(1!|]/g;

/**
 * True for a common password in any of the disguises that password crackers undo by rule: digits, symbols and
 * sequences before and after it, letters replaced by look-alikes, repeated, written backwards, spread by separators.
 *
 * One word only: two different words make a passphrase, which nobody has a list of. The number of look-ups is
 * bounded whatever the length of the text.
 *
 * @param text lower-case
 */
export function isCommon(text: string, words: WordList): boolean {
  if (words.has(text) || isPattern(text)) return true;
  for (const base of bases(text)) {
    if (isDecoratedWord(base, words)) return true;
  }
  return false;
}

/** What digits and symbols say when they stand for letters; `1`, `!` and `|` can be an i or an l. */
export function lettersBehind(text: string): readonly [asI: string, asL: string] {
  return [
    text.replaceAll(LEET_SIGN, (sign) => LEET[sign] ?? 'i'),
    text.replaceAll(LEET_SIGN, (sign) => LEET[sign] ?? 'l'),
  ];
}

/** The text, and what is left of it when one disguise around a word is taken off. */
function bases(text: string): ReadonlySet<string> {
  const joined = text.replaceAll(/[\s._-]/g, '');
  const found = new Set([text, joined]);
  const [begun, ended] = [withoutRunsAt('start', text), withoutRunsAt('end', text)];
  found.add(begun).add(ended).add(withoutRunsAt('start', ended));
  for (const repeating of [joined, between(joined)]) {
    const unit = smallestUnit([...repeating]);
    if (unit !== undefined) found.add([...repeating].slice(0, unit).join(''));
  }
  const [first, ...others] = text.split(/\P{L}+/u).filter((word) => word !== '');
  if (first !== undefined && others.length > 0 && others.every((word) => word === first)) found.add(first);
  return found;
}

/** From the first letter to the last. */
function between(text: string): string {
  return text.replace(/^\P{L}+/u, '').replace(/\P{L}+$/u, '');
}

function isDecoratedWord(text: string, words: WordList): boolean {
  const core = between(text);
  if (core.length > LONGEST_WORD || !LETTER.test(core)) return isLongPattern(core);
  if (isTelling(core.length, text.length) && (isPattern(core) || words.has([...core].reverse().join('')))) return true;
  const start = text.indexOf(core);
  return [text, ...lettersBehind(text)].some((variant) => hasWordAround(variant, start, start + core.length, words));
}

function isLongPattern(core: string): boolean {
  return core.length > LONGEST_WORD && isPattern(core);
}

/** Looks for a word that holds everything from `start` to `end`, and perhaps signs next to it ("$ecret", "busine$$"). */
function hasWordAround(text: string, start: number, end: number, words: WordList): boolean {
  for (let from = start; from >= 0 && end - from <= LONGEST_WORD; from -= 1) {
    for (let to = end; to <= text.length && to - from <= LONGEST_WORD; to += 1) {
      if (isTelling(to - from, text.length) && words.has(text.slice(from, to))) return true;
    }
  }
  return false;
}

function isTelling(length: number, whole: number): boolean {
  return length >= TELLING_WORD || (length >= SHORTEST_WORD && length * 3 >= whole);
}
