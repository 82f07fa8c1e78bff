import { z } from 'zod';

import { ChainVerifier, formatSequence, type BreakKind, type ChainLink, type LaneHead } from './chain.js';
import { SealedAuditEvent } from './envelope.js';

/**
 * What a lane is made of: events, and the places of those that the receiver refused. Which of the two an entry is stands
 * in where it was kept, never in what it holds: that may have been altered to be anything.
 */
export type LaneEntry = { readonly event: unknown } | { readonly refused: unknown };

const { lane, sequence, prevhash, hash } = SealedAuditEvent.shape;
// Without the other members, and with any id: what is wrong with those is for the hash to tell.
const Link = z.object({ id: z.string().max(200), lane, sequence, prevhash, hash });

/**
 * What is wrong with a lane at one place: absent (`gap`), not what its hash was made of (`altered`), later than its
 * successors (`reordered`), there twice (`duplicate`), not the successor of the one before it (`unlinked`), or of another
 * lane (`wrong_lane`).
 */
export type FaultKind = Exclude<BreakKind, 'repeated'> | 'reordered' | 'duplicate';

export interface LaneFault {
  readonly kind: FaultKind;
  readonly lane: number;
  /** 20 digits, as events have it: the first place that is not proven. */
  readonly sequence: string;
  /** The event found there, or the first one after a gap. */
  readonly eventId: string;
}

export interface LaneGap {
  /** 20 digits; both ends are absent themselves. */
  readonly from: string;
  readonly to: string;
}

export interface LaneReport {
  readonly lane: number;
  readonly firstSequence: string | null;
  readonly lastSequence: string | null;
  /** Events with their content. */
  readonly count: number;
  /** Events of which only the place is known. */
  readonly refused: number;
  /** Places between the first and the last, and before the first, that nothing is known of. */
  readonly missing: string;
  /** The first of them, in order. */
  readonly gaps: readonly LaneGap[];
  readonly faults: number;
  readonly firstFault: LaneFault | null;
  readonly chainOk: boolean;
}

interface Gap {
  from: bigint;
  to: bigint;
}

const GAPS_KEPT = 100;

/**
 * Walks one lane from its first event to its last and goes on behind a fault, so that all of a lane is looked at. Its
 * memory is bounded, whatever the length of the lane.
 */
export class LaneWalk {
  #verifier: ChainVerifier;
  #first: bigint | undefined;
  #count = 0;
  #refused = 0;
  #missing = 0n;
  #faults = 0;
  #firstFault: LaneFault | undefined;
  #gaps: Gap[] = [];
  /** The entry before could not be read, so nobody knows its hash. */
  #lost = false;

  constructor(private readonly lane: number) {
    this.#verifier = new ChainVerifier(lane);
  }

  /** The highest place so far; what follows comes next. */
  get head(): LaneHead {
    return this.#verifier.head;
  }

  add(entry: LaneEntry): void {
    const isEvent = 'event' in entry;
    const { data: link } = Link.safeParse(isEvent ? entry.event : entry.refused);
    if (link === undefined) this.unreadable(isEvent ? entry.event : entry.refused);
    else this.step(link, isEvent ? (entry.event as SealedAuditEvent) : undefined);
  }

  get report(): LaneReport {
    const last = this.head.sequence;
    return {
      lane: this.lane,
      firstSequence: this.#first === undefined ? null : formatSequence(this.#first),
      lastSequence: last === 0n ? null : formatSequence(last),
      count: this.#count,
      refused: this.#refused,
      missing: String(this.#missing),
      gaps: this.#gaps.map(({ from, to }) => ({ from: formatSequence(from), to: formatSequence(to) })),
      faults: this.#faults,
      firstFault: this.#firstFault ?? null,
      chainOk: this.#firstFault === undefined,
    };
  }

  /** @param event `undefined` for one that was refused */
  private step(link: ChainLink, event: SealedAuditEvent | undefined): void {
    if (this.#lost && BigInt(link.sequence) === this.head.sequence + 1n) {
      this.goOn({ sequence: this.head.sequence, hash: Buffer.from(link.prevhash, 'base64url') });
    }
    this.#lost = false;
    const isProven = event === undefined ? this.#verifier.pass(link) : this.#verifier.next(event);
    if (isProven) this.note(link, event !== undefined);
    else this.onBreak(link, event);
  }

  /** What is no sealed event, or was one: it stands for the next place, because it says none. */
  private unreadable(value: unknown): void {
    const place = this.head.sequence + 1n;
    const { data } = z.object({ id: z.string().max(200) }).safeParse(value);
    this.fault('altered', place, data?.id ?? '');
    this.goOn({ sequence: place, hash: this.head.hash });
    this.#first ??= place;
    this.#count += 1;
    this.#lost = true;
  }

  private onBreak(link: ChainLink, event: SealedAuditEvent | undefined): void {
    const kind = this.#verifier.broken?.kind ?? 'altered';
    const { head } = this;
    const place = BigInt(link.sequence);
    if (kind === 'wrong_lane') {
      this.goOn(head);
      this.fault(kind, head.sequence + 1n, link.id);
    } else if (kind === 'gap') {
      this.missing(head.sequence + 1n, place - 1n);
      this.fault(kind, head.sequence + 1n, link.id);
      // Its own claim, so that what is wrong with the entry itself is found as well.
      this.goOn({ sequence: place - 1n, hash: Buffer.from(link.prevhash, 'base64url') });
      this.step(link, event);
    } else if (kind === 'repeated') {
      this.goOn(head);
      this.repeated(place, link, event !== undefined);
    } else {
      this.fault(kind, place, link.id);
      this.goOn({ sequence: place, hash: Buffer.from(link.hash, 'base64url') });
      this.note(link, event !== undefined);
    }
  }

  private note(link: ChainLink, isEvent: boolean): void {
    this.#first ??= BigInt(link.sequence);
    if (isEvent) this.#count += 1;
    else this.#refused += 1;
  }

  /** An entry at or before the head: late if it was missed, else there twice. */
  private repeated(place: bigint, link: ChainLink, isEvent: boolean): void {
    const gap = this.#gaps.find(({ from, to }) => from <= place && place <= to);
    if (gap === undefined) {
      this.fault('duplicate', place, link.id);
      return;
    }
    const rest = [
      { from: gap.from, to: place - 1n },
      { from: place + 1n, to: gap.to },
    ].filter(({ from, to }) => from <= to);
    this.#gaps = this.#gaps.flatMap((known) => (known === gap ? rest : [known]));
    this.#missing -= 1n;
    if (this.#first !== undefined && place < this.#first) this.#first = place;
    this.note(link, isEvent);
    const first = this.#firstFault;
    if (first?.kind === 'gap' && BigInt(first.sequence) === place) {
      // What looked like a gap was only out of its order.
      this.#firstFault = { ...first, kind: 'reordered', eventId: link.id };
    } else this.fault('reordered', place, link.id);
  }

  private missing(from: bigint, to: bigint): void {
    this.#missing += to - from + 1n;
    if (this.#gaps.length < GAPS_KEPT) this.#gaps.push({ from, to });
  }

  private fault(kind: FaultKind, place: bigint, eventId: string): void {
    this.#faults += 1;
    this.#firstFault ??= { kind, lane: this.lane, sequence: formatSequence(place), eventId };
  }

  private goOn(from: LaneHead): void {
    this.#verifier = new ChainVerifier(this.lane, from);
  }
}
