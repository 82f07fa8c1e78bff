import { setImmediate as otherWork, setTimeout as delay } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';

import { LaneWalk, type LaneReport } from '#platform/audit-chain';

import { EventStore } from './ports.js';

/** Of all lanes, at one time. */
export interface LaneStates {
  readonly chainOk: boolean;
  /** When the last walk from the beginning of every lane was over; `null` until the first is. */
  readonly verifiedAt: Date | null;
  readonly lanes: readonly LaneReport[];
}

const PAGE = 500;
/** What was proven is believed this long, and ten times as long as it took to prove. */
const BELIEVED_MS = 5_000;
const PAUSE_FACTOR = 10;

/**
 * Knows how the lanes are. New events are proven when somebody asks; every lane is walked from its beginning again and
 * again, because what was whole a minute ago may have been altered since. One walk at a time, a page at a time.
 */
@Injectable()
export class VerifyLanes {
  #walks = new Map<number, LaneWalk>();
  #verifiedAt: Date | null = null;
  #nextAt = 0;
  #work: Promise<unknown> = Promise.resolve();
  #stale = false;
  #asked: Promise<LaneStates> | undefined;
  /** Milliseconds. */
  protected readonly patienceMs: number = 2_000;

  constructor(private readonly store: EventStore) {}

  /**
   * As they are known to be, with all events that are there now. Who would have to wait for long gets what was known
   * before, and before the first walk is over, what it has seen so far.
   */
  async current(): Promise<LaneStates> {
    // Whoever asks before it has begun gets the same answer.
    this.#asked ??= this.exclusively(async () => {
      this.#asked = undefined;
      if (this.#stale || performance.now() >= this.#nextAt) await this.walkAnew();
      else await this.goOn(this.#walks);
      return this.states();
    });
    const enough = new AbortController();
    const later = delay(this.patienceMs, undefined, { ref: false, signal: enough.signal }).then(() => this.states());
    later.catch(() => undefined); // whoever was in time needs it no more
    try {
      return await Promise.race([this.#asked, later]);
    } finally {
      enough.abort();
    }
  }

  /** Walks all lanes from their beginning, whatever is known of them. */
  verify(): Promise<LaneStates> {
    return this.exclusively(async () => {
      await this.walkAnew();
      return this.states();
    });
  }

  /** How they were found last. */
  get last(): LaneStates {
    return this.states();
  }

  /** Told of places that were filled: what came behind a place that was passed already is seen by a new walk only. */
  filled(lane: number, sequence: bigint): void {
    const walk = this.#walks.get(lane);
    if (walk !== undefined && sequence <= walk.head.sequence) this.#stale = true;
  }

  private async walkAnew(): Promise<void> {
    const startedAt = performance.now();
    this.#stale = false;
    const walks = new Map<number, LaneWalk>();
    if (this.#verifiedAt === null) this.#walks = walks;
    await this.goOn(walks);
    this.#walks = walks;
    this.#verifiedAt = new Date();
    this.#nextAt = performance.now() + Math.max(BELIEVED_MS, PAUSE_FACTOR * (performance.now() - startedAt));
  }

  private async goOn(walks: Map<number, LaneWalk>): Promise<void> {
    for (const lane of await this.store.lanes()) {
      const walk = walks.get(lane) ?? new LaneWalk(lane);
      walks.set(lane, walk);
      await this.toTheEnd(lane, walk);
    }
  }

  private async toTheEnd(lane: number, walk: LaneWalk): Promise<void> {
    for (let after = walk.head.sequence, full = true; full;) {
      const entries = await this.store.entries(lane, after, PAGE);
      for (const { entry } of entries) walk.add(entry);
      full = entries.length === PAGE;
      after = entries.at(-1)?.sequence ?? after;
      // Requests come first.
      if (full) await otherWork();
    }
  }

  private states(): LaneStates {
    const lanes = [...this.#walks.values()].map(({ report }) => report).sort((a, b) => a.lane - b.lane);
    return { chainOk: lanes.every(({ chainOk }) => chainOk), verifiedAt: this.#verifiedAt, lanes };
  }

  private exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    // One that failed must not fail the next.
    this.#work = done.catch(() => undefined);
    return done;
  }
}
