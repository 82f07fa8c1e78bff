import type { FieldIssue } from '#kernel';

import { HttpProblem, ValidationFailed } from './errors.js';

/** HT-05. Nothing this API takes is nested deeper than 5, or longer than 100 items. */
const MAX_DEPTH = 20;
const MAX_ITEMS = 1_000;
const MAX_ISSUES = 20;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * One JSON document from the bytes of a body, stricter than `JSON.parse`: UTF-8 only and without BOM, at most 20
 * levels, at most 1000 items in an array, no key twice in an object (parsers disagree about which one counts), no key
 * that could reach a prototype, and no text that PostgreSQL cannot store.
 *
 * Throws `malformed_json`, or `validation_failed` with the pointers of unusable texts.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  try {
    const text = utf8.decode(bytes);
    new Inspector(text).inspect();
    const value: unknown = JSON.parse(text);
    // Only an escape can bring in NUL or half of a surrogate pair: raw ones are not JSON, or not UTF-8.
    if (text.includes('\\u')) refuseUnusableTexts(value);
    return value;
  } catch (error) {
    if (error instanceof ValidationFailed) throw error;
    throw new HttpProblem('malformed_json', {}, { cause: error });
  }
}

/** PostgreSQL stores neither NUL nor lone surrogates in text. */
export function isStorableText(value: string): boolean {
  return !value.includes('\u0000') && value.isWellFormed();
}

/** RFC 6901 §3. */
export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

function refuseUnusableTexts(root: unknown): void {
  const issues: FieldIssue[] = [];
  const visit = (value: unknown, pointer: string): void => {
    if (typeof value === 'string' && !isStorableText(value)) issues.push({ pointer, code: 'invalid_text' });
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      if (!isStorableText(key)) issues.push({ pointer, code: 'invalid_text' });
      else visit(child, `${pointer}/${escapePointer(key)}`);
    }
  };
  visit(root, '');
  if (issues.length > 0) throw new ValidationFailed(issues.slice(0, MAX_ISSUES));
}

interface Container {
  /** Keys seen so far in an object; `undefined` for an array. */
  readonly keys: Set<string> | undefined;
  /** The key that this object stands under in its parent. */
  readonly name: string | undefined;
  items: number;
  /** The key whose value comes next. */
  key: string | undefined;
}

/**
 * Walks the tokens once, before anything is built from them. What is not JSON at all is left to `JSON.parse`, so this
 * only has to be right about well-formed documents and to end on all others.
 */
class Inspector {
  readonly #stack: Container[] = [];
  #position = 0;

  constructor(private readonly text: string) {}

  inspect(): void {
    for (; this.#position < this.text.length; this.#position++) {
      this.token(this.text.charAt(this.#position));
    }
  }

  private token(char: string): void {
    const top = this.#stack.at(-1);
    if (char === '"') this.string(top);
    else if (char === '{' || char === '[') this.open(char, top);
    else if (char === '}' || char === ']') this.#stack.pop();
    else if (char === ',' && top) this.separator(top);
  }

  private open(char: string, top: Container | undefined): void {
    if (this.#stack.length === MAX_DEPTH) throw new SyntaxError('nested too deeply');
    this.#stack.push({ keys: char === '{' ? new Set() : undefined, name: top?.key, items: 1, key: undefined });
  }

  private separator(top: Container): void {
    top.key = undefined;
    top.items += 1;
    if (top.items > MAX_ITEMS) throw new SyntaxError('too many items');
  }

  private string(top: Container | undefined): void {
    const start = this.#position;
    let end = start;
    do {
      end = this.text.indexOf('"', end + 1);
      if (end === -1) throw new SyntaxError('unterminated string');
    } while (this.isEscaped(end));
    this.#position = end;
    if (top?.keys && top.key === undefined) this.key(top, top.keys, this.text.slice(start, end + 1));
  }

  private key(top: Container, keys: Set<string>, literal: string): void {
    const key: unknown = literal.includes('\\') ? JSON.parse(literal) : literal.slice(1, -1);
    if (typeof key !== 'string' || keys.has(key)) throw new SyntaxError('duplicate key');
    if (key === '__proto__' || (key === 'prototype' && top.name === 'constructor'))
      throw new SyntaxError('forbidden key');
    keys.add(key);
    top.key = key;
  }

  private isEscaped(quote: number): boolean {
    let backslashes = 0;
    while (this.text.charAt(quote - 1 - backslashes) === '\\') backslashes += 1;
    return backslashes % 2 === 1;
  }
}
