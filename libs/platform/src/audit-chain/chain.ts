import { hash, timingSafeEqual } from 'node:crypto';

import serialize from 'canonicalize';

import type { AuditEvent, SealedAuditEvent } from './envelope.js';

/** What the first event of a lane has in place of a predecessor's hash. */
export const FIRST_PREVHASH = Buffer.alloc(32);
const SEQUENCE_DIGITS = 20;

/** Where a lane ends: the next event gets `sequence + 1` and `hash` as its `prevhash`. */
export interface LaneHead {
  readonly sequence: bigint;
  /** 32 bytes. */
  readonly hash: Buffer;
}

/** The head of a lane that has no event yet. */
export const EMPTY_LANE: LaneHead = { sequence: 0n, hash: FIRST_PREVHASH };

/**
 * RFC 8785 canonical JSON.
 *
 * @throws Error for what JSON cannot say: a lone surrogate, NaN, a cycle
 */
export function canonicalJson(value: object): string {
  const text = serialize(value);
  if (text === undefined) throw new TypeError('The value has no JSON form');
  return text;
}

/** SHA-256(prevhash || canonical JSON of the event without its hash). */
function hashOf(prevhash: Buffer, canonical: string): Buffer {
  return hash('sha256', Buffer.concat([prevhash, Buffer.from(canonical)]), 'buffer');
}

export function formatSequence(sequence: bigint): string {
  return sequence.toString().padStart(SEQUENCE_DIGITS, '0');
}

/**
 * The next event of a lane: the text that is sent, byte for byte the same whenever and wherever it is made, and the new
 * head of the lane.
 */
export function sealNext(event: AuditEvent, lane: number, head: LaneHead): { text: string; head: LaneHead } {
  const sequence = head.sequence + 1n;
  const canonical = canonicalJson({ ...event, ...placeOf(lane, sequence, head.hash) });
  const hash = hashOf(head.hash, canonical);
  return { text: withHash(canonical, hash), head: { sequence, hash } };
}

/** The place of an event that was sealed before. */
export interface SealedPlace {
  readonly lane: number;
  readonly sequence: bigint;
  /** 32 bytes each. */
  readonly prevhash: Buffer;
  readonly hash: Buffer;
}

/**
 * The text that was made of an event when it was sealed. The hash is that of then: of an event that was altered since,
 * it is wrong, and the receiver sees it.
 */
export function sealedText(event: AuditEvent, { lane, sequence, prevhash, hash }: SealedPlace): string {
  return withHash(canonicalJson({ ...event, ...placeOf(lane, sequence, prevhash) }), hash);
}

function placeOf(lane: number, sequence: bigint, prevhash: Buffer): object {
  return { lane, sequence: formatSequence(sequence), prevhash: prevhash.toString('base64url') };
}

// To canonicalise it once more for one member more would cost as much again; JSON does not mind the order.
function withHash(canonical: string, hash: Buffer): string {
  return `${canonical.slice(0, -1)},"hash":"${hash.toString('base64url')}"}`;
}

/**
 * True when the event is what its hash was made of. Says nothing of its predecessor. Whoever altered it may have taken
 * members away or put anything in their place: what no hash can be made of is not right either.
 */
export function hashIsRight(event: SealedAuditEvent): boolean {
  try {
    const { hash, ...hashed } = event;
    const claimed = Buffer.from(hash, 'base64url');
    const computed = hashOf(Buffer.from(event.prevhash, 'base64url'), canonicalJson(hashed));
    return claimed.length === computed.length && timingSafeEqual(claimed, computed);
  } catch {
    return false;
  }
}

/** The place of an event in its chain, without its content. */
export type ChainLink = Pick<SealedAuditEvent, 'id' | 'lane' | 'sequence' | 'prevhash' | 'hash'>;

/** How a chain can be broken: an event altered, absent, not the successor of the one before it, or in a wrong lane. */
export type BreakKind = 'altered' | 'gap' | 'unlinked' | 'wrong_lane' | 'repeated';

export interface ChainBreak {
  readonly kind: BreakKind;
  readonly lane: number;
  /** The first position that is not proven. */
  readonly sequence: bigint;
  /** The event found there, or after the gap. */
  readonly eventId: string;
}

/**
 * Proves one lane, an event at a time and in order. It needs of the events before only their head, so it works on an
 * export of any length, and from any event whose predecessor is known.
 */
export class ChainVerifier {
  #head: LaneHead;
  #broken: ChainBreak | undefined;

  constructor(
    private readonly lane: number,
    from: LaneHead = EMPTY_LANE,
  ) {
    this.#head = from;
  }

  /** The last event that was proven. */
  get head(): LaneHead {
    return this.#head;
  }

  /** The first break; what comes after it is not looked at. */
  get broken(): ChainBreak | undefined {
    return this.#broken;
  }

  /** Looks at the next event. False once the chain is broken. */
  next(event: SealedAuditEvent): boolean {
    return this.step(event, () => hashIsRight(event));
  }

  /**
   * Goes across an event of which the receiver kept the place alone: there is no content to prove, and its hash is proven
   * by its successor. Whether an entry is one of these must never be read from the entry.
   */
  pass(link: ChainLink): boolean {
    return this.step(link, () => true);
  }

  private step(link: ChainLink, isItself: () => boolean): boolean {
    if (this.#broken !== undefined) return false;
    const kind = this.breakOf(link, isItself);
    const expected = this.#head.sequence + 1n;
    if (kind === undefined) {
      this.#head = { sequence: expected, hash: Buffer.from(link.hash, 'base64url') };
      return true;
    }
    this.#broken = { kind, lane: this.lane, sequence: expected, eventId: link.id };
    return false;
  }

  private breakOf(link: ChainLink, isItself: () => boolean): BreakKind | undefined {
    if (link.lane !== this.lane) return 'wrong_lane';
    const sequence = BigInt(link.sequence);
    if (sequence > this.#head.sequence + 1n) return 'gap';
    if (sequence <= this.#head.sequence) return 'repeated';
    // Before the link: an altered `prevhash` is an alteration too, and its position is this one.
    if (!isItself()) return 'altered';
    return link.prevhash === this.#head.hash.toString('base64url') ? undefined : 'unlinked';
  }
}
