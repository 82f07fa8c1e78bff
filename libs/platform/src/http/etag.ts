import { createHash } from 'node:crypto';

// 96 bits: nobody finds two representations with the same one, and nobody gains by it.
const CHARACTERS = 16;

/**
 * A strong entity tag (RFC 9110 §8.8.3), made of everything that decides what the bytes are: whose it is, the
 * optimistic-lock version of the row, and the members of the form it is told in.
 */
export function etagOf(id: string, version: number, members: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify([id, version, members]));
  return `"${digest.digest('base64url').slice(0, CHARACTERS)}"`;
}

/** True when `If-None-Match` names this tag, so that a GET answers 304. Weak comparison (RFC 9110 §13.1.2). */
export function ifNoneMatch(header: string | undefined, etag: string): boolean {
  const tags = parseTags(header);
  return tags === '*' || tags.some((tag) => opaque(tag) === opaque(etag));
}

/**
 * True when `If-Match` is absent or allows a change of the resource with this tag. Strong comparison: a weak tag
 * never matches (RFC 9110 §13.1.1). A header that cannot be parsed matches nothing.
 */
export function ifMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return true;
  const tags = parseTags(header);
  return tags === '*' || tags.includes(etag);
}

// etagc of RFC 9110 §8.8.3: visible ASCII without the quote, and obs-text.
const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;

function parseTags(header: string | undefined): string[] | '*' {
  if (header === undefined) return [];
  const trimmed = header.trim();
  if (trimmed === '*') return '*';
  // A comma is legal inside a tag, but never in ours: a piece that is no whole tag simply matches nothing.
  return trimmed
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => ENTITY_TAG.test(tag));
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
