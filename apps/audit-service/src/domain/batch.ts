import type { FieldIssue } from '#kernel';
import { EVENT_MAX_BYTES, hashIsRight, SealedAuditEvent, type ChainLink } from '#platform/audit-chain';

import { BatchInvalid, BatchMixed, BatchUnordered } from './errors.js';

/** One event that is not stored, and why. The same event may be sent again: it is judged anew. */
export interface Rejection {
  readonly id: string;
  readonly code: 'event_invalid' | 'event_too_large' | 'hash_mismatch' | 'id_conflict' | 'sequence_conflict';
  /** For the sender's operator. Names members, never holds a value. */
  readonly detail: string;
  /** The place the event has in its lane, as far as it says one: the chain goes across it. */
  readonly place: ChainLink | undefined;
}

export interface JudgedBatch {
  /** What may be stored, in order. */
  readonly events: readonly SealedAuditEvent[];
  readonly rejections: readonly Rejection[];
}

const CONFLICTS = {
  id_conflict: 'Another event has this id; it was not changed',
  sequence_conflict: 'The lane has another event at this place, or before or after it; it was not changed',
};
const DETAIL_MAX = 300;
const ISSUES_MAX = 20;
const ID_MAX = 200;
/** PostgreSQL's bigint; a lane would need 300 000 years of a million events a second to get there. */
const SEQUENCE_MAX = 2n ** 63n - 1n;
const PLACE = SealedAuditEvent.pick({ lane: true, sequence: true, prevhash: true, hash: true }).strip();

/**
 * Looks at every event by itself: one that is wrong must not keep the others away.
 *
 * @param items what was sent, from 1 to 500
 * @throws BatchInvalid, BatchMixed, BatchUnordered when the batch as a whole cannot be taken
 */
export function judgeBatch(items: readonly unknown[]): JudgedBatch {
  const named = namedEvents(items);
  const events: SealedAuditEvent[] = [];
  const rejections: Rejection[] = [];
  for (const item of named) {
    const judged = judge(item);
    if ('code' in judged) rejections.push(judged);
    else events.push(judged);
  }
  const places = [...events, ...rejections.flatMap(({ place }) => (place === undefined ? [] : [place]))];
  if (new Set(places.map(({ lane }) => lane)).size > 1) throw new BatchMixed();
  const isUnordered = events.some(({ sequence }, index) => sequence < (events[index - 1]?.sequence ?? ''));
  if (isUnordered) throw new BatchUnordered();
  return { events, rejections };
}

type NamedEvent = Readonly<Record<string, unknown>> & { readonly id: string };

/** The answer names events by their ids, so each needs one. */
function namedEvents(items: readonly unknown[]): NamedEvent[] {
  const named = items.filter(isNamed);
  if (items.length > 0 && named.length === items.length) return named;
  const issues: FieldIssue[] = items.flatMap((item, index) =>
    isNamed(item) ? [] : [{ pointer: `/${String(index)}/id`, code: 'required' }],
  );
  throw new BatchInvalid(items.length === 0 ? [{ pointer: '', code: 'empty' }] : issues.slice(0, ISSUES_MAX));
}

function isNamed(item: unknown): item is NamedEvent {
  if (typeof item !== 'object' || item === null || !('id' in item)) return false;
  return typeof item.id === 'string' && item.id !== '' && item.id.length <= ID_MAX;
}

function judge(item: NamedEvent): SealedAuditEvent | Rejection {
  if (Buffer.byteLength(JSON.stringify(item)) > EVENT_MAX_BYTES) {
    return reject(item, 'event_too_large', `The event has more than ${String(EVENT_MAX_BYTES)} bytes`);
  }
  const parsed = SealedAuditEvent.safeParse(item);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`);
    return reject(item, 'event_invalid', wrong.join('; '));
  }
  if (!isPlace(parsed.data.sequence)) return reject(item, 'event_invalid', '/sequence: not from 1 to 2^63 - 1');
  // What was sent, not what the schema made of it.
  const event = item as unknown as SealedAuditEvent;
  if (!hashIsRight(event)) return reject(item, 'hash_mismatch', 'The hash is not that of the event');
  return event;
}

function isPlace(sequence: string): boolean {
  const number = BigInt(sequence);
  return number >= 1n && number <= SEQUENCE_MAX;
}

function reject(item: NamedEvent, code: Rejection['code'], detail: string): Rejection {
  const place = PLACE.safeParse(item);
  const known = place.success && isPlace(place.data.sequence);
  return {
    id: item.id,
    code,
    detail: detail.slice(0, DETAIL_MAX),
    place: known ? { id: item.id, ...place.data } : undefined,
  };
}

/** The sender has another chain than what is kept here, or another event under the same id: no accident on the way. */
export function isConflict({ code }: Rejection): boolean {
  return code === 'id_conflict' || code === 'sequence_conflict';
}

/** An event whose id or whose place another event has already, or that does not fit there; that one stays as it is. */
export function conflict(event: SealedAuditEvent, code: 'id_conflict' | 'sequence_conflict'): Rejection {
  const { id, lane, sequence, prevhash, hash } = event;
  return {
    id,
    code,
    detail: CONFLICTS[code],
    place: { id, lane, sequence, prevhash, hash },
  };
}
