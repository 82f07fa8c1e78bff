import { Injectable } from '@nestjs/common';

import { isConflict, judgeBatch } from '../domain/batch.js';
import { VerifyLanes } from './lane-states.js';
import { EventStore, type StoredBatch } from './ports.js';

/** Takes a batch of one lane: every event once, however often it is sent, and none of them over another. */
@Injectable()
export class ReceiveBatch {
  /** Since the start. */
  readonly received = { accepted: 0, duplicates: 0, refused: 0, conflicts: 0 };

  constructor(
    private readonly store: EventStore,
    private readonly lanes: VerifyLanes,
  ) {}

  /** @throws BatchInvalid, BatchMixed, BatchUnordered */
  async execute(items: readonly unknown[]): Promise<StoredBatch> {
    const batch = judgeBatch(items);
    const stored = await this.store.add(batch);
    this.received.accepted += stored.accepted;
    this.received.duplicates += stored.duplicates;
    this.received.refused += stored.rejections.length;
    this.received.conflicts += stored.rejections.filter(isConflict).length;
    const [first] = batch.events;
    if (first !== undefined && stored.accepted > 0) this.lanes.filled(first.lane, BigInt(first.sequence));
    return stored;
  }
}
