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

/** The local audit table of the service before, and what has been handed over of it. */
export abstract class LegacyTrail {
  /** `null` when there is no such table. Throws `LegacyTrailUnreadable`. */
  abstract stateOf(table: string): Promise<TrailState | null>;
  /**
   * Hands some rows behind the position over that have not been handed over, and notes them; inside of a unit of work.
   * `next` is `null` when there is none behind.
   */
  abstract handOver(table: string, after: TrailPosition): Promise<HandedRows>;
  /** Drops the table if every row of it has been handed over, and there are as many of both; inside of a unit of work. */
  abstract drop(table: string): Promise<boolean>;
}

/** Told to the operator as it is. */
export class LegacyTrailUnreadable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LegacyTrailUnreadable';
  }
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

  /** Throws `LegacyTrailUnreadable`. */
  async execute(table: string, keep: boolean, onProgress: (state: TrailState) => void): Promise<DrainResult> {
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
    const dropped = !keep && (await this.uow.run(() => this.trail.drop(table)));
    const after = dropped ? { rows: 0, handed: before.handed + handedNow } : await this.trail.stateOf(table);
    return { ...(after ?? { rows: 0, handed: 0 }), handedNow, dropped };
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
