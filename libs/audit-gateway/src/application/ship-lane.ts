import { Injectable } from '@nestjs/common';

import { backOffSeconds, unauthorizedSeconds } from '../domain/back-off.js';
import { BatchSize } from '../domain/batch-size.js';
import { Breaker } from '../domain/breaker.js';
import { judge, type Batch, type Rejection, type Verdict } from '../domain/delivery.js';
import { AuditReceiver, DeliveryMonitor, DeliverySettings, OutboxLanes, Pacing } from './ports.js';

/** So many batches, then the lane that waits longest has its turn. */
const BATCHES_PER_TURN = 20;
/** Seconds of what has piled up that one turn works off: after an outage the oldest goes first, over all lanes. */
const TURN_SECONDS = 30;

type Retry = Extract<Verdict, { readonly retryAfterSeconds: number }>;

/** Sends what waits in one lane, batch after batch, in order. */
@Injectable()
export class ShipLane {
  readonly breaker: Breaker;
  readonly #sizes = new Map<number, BatchSize>();
  readonly #failures = new Map<number, number>();

  constructor(
    private readonly lanes: OutboxLanes,
    private readonly receiver: AuditReceiver,
    private readonly monitor: DeliveryMonitor,
    private readonly pacing: Pacing,
    private readonly settings: DeliverySettings,
  ) {
    this.breaker = new Breaker(() => pacing.random());
  }

  /** Ships a lane that this instance holds, until it is empty, its turn is over, or an attempt fails. Gives it back. */
  async execute(lane: number, isStopping: () => boolean): Promise<void> {
    try {
      await this.shipAll(lane, isStopping);
    } catch (error) {
      this.lanes.abandon(lane);
      throw error;
    }
  }

  private async shipAll(lane: number, isStopping: () => boolean): Promise<void> {
    const size = this.sizeOf(lane);
    let oldest: number | undefined;
    for (let batches = 0; batches < BATCHES_PER_TURN && !isStopping(); batches += 1) {
      const batch = await this.lanes.next(lane, size.current);
      if (batch === null) break;
      oldest ??= batch.ageSeconds;
      const retry = await this.ship(batch, size);
      if (retry !== null) {
        await this.lanes.postpone(lane, this.pauseOf(lane, retry));
        return;
      }
      // Whoever goes on decides anew which lane that is, and whether this is the time for it.
      if (oldest - batch.ageSeconds > TURN_SECONDS || this.pacing.othersWait()) break;
    }
    await this.lanes.release(lane);
  }

  /** `null` when the lane can go on. */
  private async ship(batch: Batch, size: BatchSize): Promise<Retry | null> {
    const verdict = await this.attempt(batch);
    if ('retryAfterSeconds' in verdict) {
      this.breaker.failed(this.pacing.now(), {
        unauthorized: verdict.result === 'unauthorized',
        retryAfterSeconds: verdict.retryAfterSeconds,
      });
      return verdict;
    }
    // Whatever it says, it answers.
    this.#failures.delete(batch.lane);
    if (this.breaker.succeeded()) await this.lanes.resume();
    await this.settle(batch, verdict, size);
    return null;
  }

  private async attempt(batch: Batch): Promise<Verdict> {
    if (this.#failures.has(batch.lane)) this.monitor.retried();
    const begun = this.pacing.now();
    const verdict = judge(await this.receiver.send(batch));
    this.monitor.attempted(verdict.result, (this.pacing.now() - begun) / 1_000);
    return verdict;
  }

  private async settle(batch: Batch, verdict: Exclude<Verdict, Retry>, size: BatchSize): Promise<void> {
    const [first, ...others] = batch.events;
    if (verdict.result === 'confirmed') {
      const { accepted, duplicates, rejected } = verdict.receipt;
      await this.confirm(batch, rejected);
      this.monitor.confirmed({ delivered: accepted, duplicates, rejected: rejected.length });
      this.monitor.delay(batch.ageSeconds);
      size.grow();
    } else if (others.length > 0) {
      if (verdict.result === 'too_large') size.tooLarge(batch.events.length);
      else size.halve(batch.events.length);
    } else if (first !== undefined) {
      await this.confirm(batch, [{ eventId: first.id, ...verdict.rejection }]);
      this.monitor.confirmed({ delivered: 0, duplicates: 0, rejected: 1 });
      size.grow();
    }
  }

  private async confirm(batch: Batch, rejected: readonly Rejection[]): Promise<void> {
    await this.lanes.confirm(batch, rejected);
    for (const rejection of rejected) this.monitor.deadLetter(rejection);
  }

  private pauseOf(lane: number, { result, retryAfterSeconds }: Retry): number {
    const failures = (this.#failures.get(lane) ?? 0) + 1;
    this.#failures.set(lane, failures);
    const random = this.pacing.random();
    return result === 'unauthorized'
      ? unauthorizedSeconds(random)
      : backOffSeconds(failures, random, retryAfterSeconds);
  }

  private sizeOf(lane: number): BatchSize {
    const known = this.#sizes.get(lane) ?? new BatchSize(this.settings.batchSize);
    this.#sizes.set(lane, known);
    return known;
  }
}
