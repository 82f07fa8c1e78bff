/**
 * Shapes of passwords that attackers try first, whatever the words: repetition, sequences, walks over the keyboard.
 * Everything here is linear in the length of the text, which is lower-case already.
 */

// Rows of the US keyboard, each shifted key at the place of its plain one; columns stand below one another.
const ROWS = ['`1234567890-=', 'qwertyuiop[]\\', "asdfghjkl;'", 'zxcvbnm,./'];
const SHIFTED = ['~!@#$%^&*()_+', 'qwertyuiop{}|', 'asdfghjkl:"', 'zxcvbnm<>?'];

const KEYS: ReadonlyMap<string, readonly [column: number, row: number]> = new Map(
  [ROWS, SHIFTED].flatMap((layout) =>
    layout.flatMap((keys, row) =>
      // The digit row begins one key further left than the letters below it.
      [...keys].map((key, column) => [key, [row === 0 ? column - 1 : column, row]] as const),
    ),
  ),
);

// A run of three is the shortest that looks like one ("abc", "qwe").
const SHORTEST_RUN = 3;
// The password as a whole counts as a pattern when each piece of it explains this many characters on average.
const CHARACTERS_PER_PIECE = 3;
// Fewer different characters than this carry no word, only rhythm ("ababbaab").
const FEWEST_CHARACTERS = 4;
// How much of an end is looked at.
const LONGEST_DECORATION = 32;
// A unit shorter than this is no secret, however often it is repeated.
const SHORTEST_UNIT = 4;

/** True for texts that are nothing but repetition, sequences and keyboard walks. */
export function isPattern(text: string): boolean {
  const characters = [...text];
  if (new Set(characters).size < FEWEST_CHARACTERS) return true;
  const unit = smallestUnit(characters);
  if (unit !== undefined && unit < SHORTEST_UNIT) return true;
  const [even, odd] = [characters.filter((_, at) => at % 2 === 0), characters.filter((_, at) => at % 2 === 1)];
  // Two walks in turn: "1q2w3e4r5t6y".
  return isMadeOfRuns(characters) || (isMadeOfRuns(even) && isMadeOfRuns(odd));
}

function isMadeOfRuns(characters: readonly string[]): boolean {
  const pieces = runLengths(characters.filter((character, at) => character !== characters[at - 1])).length;
  return pieces * CHARACTERS_PER_PIECE <= characters.length;
}

/** The text without the sequences and walks of three or more at its end, or at its start. */
export function withoutRunsAt(side: 'start' | 'end', text: string): string {
  const characters = [...text];
  if (side === 'end') characters.reverse();
  const lengths = runLengths(characters.slice(0, LONGEST_DECORATION));
  const others = lengths.findIndex((length) => length < SHORTEST_RUN);
  const decoration = lengths.slice(0, others < 0 ? lengths.length : others).reduce((sum, length) => sum + length, 0);
  const rest = characters.slice(decoration);
  return (side === 'end' ? rest.reverse() : rest).join('');
}

/** Lengths of the pieces of a text: runs as long as they go, and single characters. */
function runLengths(characters: readonly string[]): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < characters.length;) {
    const length = runFrom(characters, at);
    lengths.push(length);
    at += length;
  }
  return lengths;
}

function runFrom(characters: readonly string[], start: number): number {
  return Math.max(stepsFrom(characters, start, codePointStep), stepsFrom(characters, start, keyboardStep));
}

/** How far the first step repeats itself: a run's length, or 1 where none begins. */
function stepsFrom(
  characters: readonly string[],
  start: number,
  step: (from: string, to: string) => string | undefined,
): number {
  let at = start;
  let direction: string | undefined;
  for (; at + 1 < characters.length; at += 1) {
    const next = step(characters[at] ?? '', characters[at + 1] ?? '');
    if (next === undefined || (direction !== undefined && next !== direction)) break;
    direction = next;
  }
  const length = at - start + 1;
  return length >= SHORTEST_RUN ? length : 1;
}

/** Neighbours in the alphabet, up or down, at a distance of two at most ("abc", "987", "aceg"). */
function codePointStep(from: string, to: string): string | undefined {
  const distance = (to.codePointAt(0) ?? 0) - (from.codePointAt(0) ?? 0);
  return Math.abs(distance) <= 2 ? String(distance) : undefined;
}

/** Neighbouring keys, in a straight line. */
function keyboardStep(from: string, to: string): string | undefined {
  const [a, b] = [KEYS.get(from), KEYS.get(to)];
  if (a === undefined || b === undefined) return undefined;
  const [columns, rows] = [b[0] - a[0], b[1] - a[1]];
  return Math.abs(columns) <= 1 && Math.abs(rows) <= 1 ? `${String(columns)},${String(rows)}` : undefined;
}

/**
 * The length of the shortest unit that a text repeats at least twice, the last time perhaps not to its end
 * (prefix function of Knuth, Morris and Pratt); `undefined` when there is none.
 */
export function smallestUnit(characters: readonly string[]): number | undefined {
  const border = [0];
  for (let at = 1; at < characters.length; at += 1) {
    let length = border[at - 1] ?? 0;
    while (length > 0 && characters[at] !== characters[length]) length = border[length - 1] ?? 0;
    border.push(characters[at] === characters[length] ? length + 1 : 0);
  }
  const unit = characters.length - (border.at(-1) ?? 0);
  return unit * 2 <= characters.length ? unit : undefined;
}
