import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';

/** How a table stands. */
export interface TrailState {
  readonly rows: number;
  readonly handed: number;
}

/** Where a look at a table went on; `null` begins at its first row. */
export type TrailPosition = readonly string[] | null;

export interface HandedRows {
  readonly handed: number;
  readonly next: TrailPosition;
}

/** The moment at which a table was verified; it means nothing to anybody but the trail. */
export type Verified = string & { readonly isVerified: never };

/** The local audit table of the service before, and what has been handed over of it. */
export abstract class LegacyTrail {
  /** `null` when there is no such table. Throws `LegacyTrailUnreadable`. */
  abstract stateOf(table: string): Promise<TrailState | null>;
  /**
   * Hands some rows behind the position over that have not been handed over, and notes them; inside of a unit of work.
   * `next` is `null` when there is none behind.
   */
  abstract handOver(table: string, after: TrailPosition): Promise<HandedRows>;
  /**
   * Counts the rows of the table against those that have been handed over, while others use it: as long as that takes.
   * Since when rows are to be looked at again, or `null` when there is one that has not been handed over.
   */
  abstract verify(table: string): Promise<Verified | null>;
  /**
   * Drops the table if every row that came after it was verified has been handed over as well; inside of a unit of work.
   * Nobody else can use the table meanwhile, for so many milliseconds at most. Throws `LegacyTrailUnreadable` when that is
   * too short.
   */
  abstract drop(table: string, since: Verified, limitMs: number): Promise<boolean>;
  /** Forgets which rows of a table that is gone have been handed over; inside of a unit of work. */
  abstract forget(table: string): Promise<void>;
}

/** Told to the operator as it is. */
export class LegacyTrailUnreadable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LegacyTrailUnreadable';
  }
}

export interface DrainOptions {
  /** The table stays. */
  readonly keep: boolean;
  /** For how many milliseconds nobody else can use the table before it goes. */
  readonly lockMs: number;
}

export interface DrainResult extends TrailState {
  readonly handedNow: number;
  readonly dropped: boolean;
}

/**
 * Hands every row of a table to the outbox once, a batch in one transaction with the note of it: a run that is cut off
 * begins anew and finds what was handed over. The table goes when the counts agree, and not before.
 */
@Injectable()
export class DrainLegacyTrail {
  constructor(
    private readonly trail: LegacyTrail,
    private readonly uow: UnitOfWork,
  ) {}

  /** `null` when there is no such table. Throws `LegacyTrailUnreadable`. */
  look(table: string): Promise<TrailState | null> {
    return this.trail.stateOf(table);
  }

  /** What a run that was cut off may have left of a table that is gone. */
  async forget(table: string): Promise<void> {
    await this.uow.run(() => this.trail.forget(table));
  }

  /** Throws `LegacyTrailUnreadable`. */
  async execute(table: string, options: DrainOptions, onProgress: (state: TrailState) => void): Promise<DrainResult> {
    const before = await this.trail.stateOf(table);
    if (before === null) return { rows: 0, handed: 0, handedNow: 0, dropped: false };
    let handedNow = 0;
    // A row that is written meanwhile may lie before the position: look again until a look finds none.
    for (let found = Infinity; found > 0;) {
      found = await this.pass(table, (count) => {
        handedNow += count;
        onProgress({ rows: before.rows, handed: before.handed + handedNow });
      });
    }
    const dropped = !options.keep && (await this.drop(table, options.lockMs));
    const after = dropped ? { rows: 0, handed: before.handed + handedNow } : await this.trail.stateOf(table);
    return { ...(after ?? { rows: 0, handed: 0 }), handedNow, dropped };
  }

  private async drop(table: string, lockMs: number): Promise<boolean> {
    const since = await this.trail.verify(table);
    const dropped = since !== null && (await this.uow.run(() => this.trail.drop(table, since, lockMs)));
    // By itself, because it takes its time.
    if (dropped) await this.forget(table);
    return dropped;
  }

  private async pass(table: string, onBatch: (count: number) => void): Promise<number> {
    let found = 0;
    let after: TrailPosition = null;
    do {
      const position: TrailPosition = after;
      const { handed, next }: HandedRows = await this.uow.run(() => this.trail.handOver(table, position));
      found += handed;
      if (handed > 0) onBatch(handed);
      after = next;
    } while (after !== null);
    return found;
  }
}
