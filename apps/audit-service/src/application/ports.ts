import type { LaneEntry, SealedAuditEvent } from '#platform/audit-chain';

import type { JudgedBatch, Rejection } from '../domain/batch.js';

export interface StoredBatch {
  readonly accepted: number;
  /** Events that were there already, exactly as they are. */
  readonly duplicates: number;
  /** All of them: those of the judged batch, and those that the store refused. */
  readonly rejections: readonly Rejection[];
}

export interface EventFilter {
  readonly subject?: string | undefined;
  readonly type?: string | undefined;
  /** Only what came after this event, or after this moment; in descending order what came before it. */
  readonly after?: string | undefined;
  readonly descending: boolean;
  readonly limit: number;
}

export interface EventPage {
  readonly items: readonly SealedAuditEvent[];
  readonly hasMore: boolean;
}

/** An entry, and the place that it is kept at. */
export interface StoredEntry {
  readonly sequence: bigint;
  readonly entry: LaneEntry;
}

/** What was received: it grows, and nothing in it changes. */
export abstract class EventStore {
  /** Stores what can be stored, all of it or nothing, and durably before it returns. */
  abstract add(batch: JudgedBatch): Promise<StoredBatch>;
  /** In the order of reception; `undefined` when the event to begin after is unknown. */
  abstract events(filter: EventFilter): Promise<EventPage | undefined>;
  abstract lanes(): Promise<readonly number[]>;
  /** At most `limit` entries of a lane, from the first one after the sequence. */
  abstract entries(lane: number, after: bigint, limit: number): Promise<readonly StoredEntry[]>;
}
