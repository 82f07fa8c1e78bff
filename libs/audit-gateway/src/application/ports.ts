import type { Answer, Batch, DeliveryResult, Rejection } from '../domain/delivery.js';

/** The lanes of the outbox. A lane belongs to one instance at a time, for as long as its lease runs. */
export abstract class OutboxLanes {
  /** Makes the lanes that are configured and those that have events. */
  abstract prepare(): Promise<void>;

  /**
   * Takes the lane whose oldest event waits longest, of those that are free, due and not empty.
   *
   * @param isProbe also a lane that waits after a failure; one that failed less often first, so that a lane which holds
   *   something the receiver breaks on does not stand for all
   */
  abstract claim(isProbe: boolean): Promise<number | null>;

  /**
   * The next events of a lane that this instance holds: those that were sealed before and not confirmed, else new ones,
   * which get their places and hashes now. Renews the lease. `null` when the lane is empty or no longer ours.
   */
  abstract next(lane: number, limit: number): Promise<Batch | null>;

  /** Removes a batch; what was rejected becomes dead letters in the same transaction. */
  abstract confirm(batch: Batch, rejected: readonly Rejection[]): Promise<void>;

  /** Gives the lane back, to be tried again in so many seconds. */
  abstract postpone(lane: number, seconds: number): Promise<void>;

  /** Gives the lane back. */
  abstract release(lane: number): Promise<void>;

  /** After an error nobody knows what became of the lane: its lease is left to run out, or to be taken up again here. */
  abstract abandon(lane: number): void;

  /** Gives all lanes of this instance back. */
  abstract releaseAll(): Promise<void>;

  /** After an outage: every lane is due again, here and in other instances, which are told. */
  abstract resume(): Promise<void>;
}

/** The Audit Service. */
export abstract class AuditReceiver {
  /** Never throws: whatever goes wrong is an answer. */
  abstract send(batch: Batch): Promise<Answer>;

  /** Cuts off what is under way. */
  abstract close(): Promise<void>;
}

/** What operators can see of the delivery. */
export abstract class DeliveryMonitor {
  /** An attempt, and how long it took. */
  abstract attempted(result: DeliveryResult, seconds: number): void;
  abstract confirmed(events: {
    readonly delivered: number;
    readonly duplicates: number;
    readonly rejected: number;
  }): void;
  /** From the commit of the oldest event of a batch to its confirmation, in seconds. */
  abstract delay(seconds: number): void;
  abstract retried(): void;
  abstract deadLetter(rejection: Rejection): void;
  /** The database cannot be asked. */
  abstract outage(error: unknown): void;
}

/** Seconds of a clock that only goes forward, and chance. */
export abstract class Pacing {
  /** Milliseconds. */
  abstract now(): number;
  /** Uniform in [0, 1). */
  abstract random(): number;
  /** True while calls of this instance wait for a core. */
  abstract othersWait(): boolean;
}

export abstract class DeliverySettings {
  /** Events of one batch at most. */
  abstract readonly batchSize: number;
}
