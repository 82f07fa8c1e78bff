import { ChainVerifier, formatSequence, type BreakKind, type LaneHead, type RefusedEvent } from './chain.js';
import type { SealedAuditEvent } from './envelope.js';

/** What a lane is made of: events, and the places of those that the receiver refused. */
export type LaneEntry = SealedAuditEvent | RefusedEvent;

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

  constructor(private readonly lane: number) {
    this.#verifier = new ChainVerifier(lane);
  }

  /** The highest place so far; what follows comes next. */
  get head(): LaneHead {
    return this.#verifier.head;
  }

  add(entry: LaneEntry): void {
    if (this.#verifier.next(entry)) this.note(entry);
    else this.onBreak(entry);
  }

  get report(): LaneReport {
    const { sequence } = this.head;
    return {
      lane: this.lane,
      firstSequence: this.#first === undefined ? null : formatSequence(this.#first),
      lastSequence: sequence === 0n ? null : formatSequence(sequence),
      count: this.#count,
      refused: this.#refused,
      missing: String(this.#missing),
      gaps: this.#gaps.map(({ from, to }) => ({ from: formatSequence(from), to: formatSequence(to) })),
      faults: this.#faults,
      firstFault: this.#firstFault ?? null,
      chainOk: this.#firstFault === undefined,
    };
  }

  private onBreak(entry: LaneEntry): void {
    const kind = this.#verifier.broken?.kind ?? 'altered';
    const { head } = this;
    const sequence = BigInt(entry.sequence);
    if (kind === 'wrong_lane') {
      this.goOn(head);
      this.fault(kind, head.sequence + 1n, entry);
    } else if (kind === 'gap') {
      this.missing(head.sequence + 1n, sequence - 1n);
      this.fault(kind, head.sequence + 1n, entry);
      // Its own claim, so that what is wrong with the entry itself is found as well.
      this.goOn({ sequence: sequence - 1n, hash: Buffer.from(entry.prevhash, 'base64url') });
      this.add(entry);
    } else if (kind === 'repeated') {
      this.goOn(head);
      this.repeated(sequence, entry);
    } else {
      this.fault(kind, sequence, entry);
      this.goOn({ sequence, hash: Buffer.from(entry.hash, 'base64url') });
      this.note(entry);
    }
  }

  private note(entry: LaneEntry): void {
    this.#first ??= BigInt(entry.sequence);
    if ('refused' in entry) this.#refused += 1;
    else this.#count += 1;
  }

  /** An entry at or before the head: late if it was missed, else there twice. */
  private repeated(sequence: bigint, entry: LaneEntry): void {
    const gap = this.#gaps.find(({ from, to }) => from <= sequence && sequence <= to);
    if (gap === undefined) {
      this.fault('duplicate', sequence, entry);
      return;
    }
    const rest = [
      { from: gap.from, to: sequence - 1n },
      { from: sequence + 1n, to: gap.to },
    ].filter(({ from, to }) => from <= to);
    this.#gaps = this.#gaps.flatMap((known) => (known === gap ? rest : [known]));
    this.#missing -= 1n;
    if (this.#first !== undefined && sequence < this.#first) this.#first = sequence;
    this.note(entry);
    const first = this.#firstFault;
    if (first?.kind === 'gap' && BigInt(first.sequence) === sequence) {
      // What looked like a gap was only out of its order.
      this.#firstFault = { ...first, kind: 'reordered', eventId: entry.id };
    } else this.fault('reordered', sequence, entry);
  }

  private missing(from: bigint, to: bigint): void {
    this.#missing += to - from + 1n;
    if (this.#gaps.length < GAPS_KEPT) this.#gaps.push({ from, to });
  }

  private fault(kind: FaultKind, sequence: bigint, { id }: LaneEntry): void {
    this.#faults += 1;
    this.#firstFault ??= { kind, lane: this.lane, sequence: formatSequence(sequence), eventId: id };
  }

  private goOn(from: LaneHead): void {
    this.#verifier = new ChainVerifier(this.lane, from);
  }
}
