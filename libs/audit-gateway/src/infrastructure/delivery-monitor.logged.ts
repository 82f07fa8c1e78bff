import { Injectable } from '@nestjs/common';

import { AppLogger } from '#platform/logging';
import { type LabelledCounter, MetricsRegistry, type Timer } from '#platform/metrics';
import { databaseErrorCode } from '#platform/persistence';

import { DeliveryMonitor } from '../application/ports.js';
import { DELIVERY_RESULTS, type DeliveryResult, type Rejection } from '../domain/delivery.js';

const WARNING_EVERY_MS = 60_000;
const DELIVERY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const DELAY_BUCKETS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400];
const HARMLESS = new Set<DeliveryResult>(['confirmed', 'too_large', 'refused']);

/** Figures for Prometheus, and a line for what somebody should look at; one a minute of each kind. */
@Injectable()
export class LoggedDeliveryMonitor extends DeliveryMonitor {
  readonly #deliveries: LabelledCounter;
  readonly #duration: Timer;
  readonly #delay: Timer;
  readonly #totals = { delivered: 0, duplicates: 0, rejected: 0, retries: 0 };
  readonly #lastWarnings = new Map<string, number>();
  #failing = false;

  constructor(
    private readonly logger: AppLogger,
    metrics: MetricsRegistry,
  ) {
    super();
    const help = 'Batches by what came of them';
    this.#deliveries = metrics.counter('audit_deliveries_total', help, 'result', DELIVERY_RESULTS);
    this.#duration = metrics.timer(
      'audit_delivery_duration_seconds',
      'From the request to the answer of the Audit Service',
      DELIVERY_BUCKETS,
    );
    this.#delay = metrics.timer(
      'audit_event_delay_seconds',
      'From the commit of an event to its confirmation, the oldest of each batch',
      DELAY_BUCKETS,
    );
    const totals = this.#totals;
    metrics.total('audit_events_delivered_total', 'Events that the Audit Service took', () => totals.delivered);
    metrics.total('audit_events_duplicate_total', 'Events that it had already', () => totals.duplicates);
    metrics.total('audit_events_rejected_total', 'Events that became dead letters', () => totals.rejected);
    metrics.total('audit_delivery_retries_total', 'Batches sent again after a failure', () => totals.retries);
  }

  attempted(result: DeliveryResult, seconds: number): void {
    this.#deliveries.increment(result);
    this.#duration.observe(seconds);
    if (HARMLESS.has(result)) {
      if (this.#failing) this.logger.info({ event: 'audit.delivering', dependency: 'audit' }, 'Events leave again');
      this.#failing = false;
      return;
    }
    this.#failing = true;
    if (!this.isDue(result)) return;
    const line = { event: 'audit.delivery_failing', dependency: 'audit', code: result };
    // Nothing but a person mends a key that is refused.
    if (result === 'unauthorized') this.logger.error(line, 'The Audit Service refuses the key; events are kept');
    else this.logger.warn(line, 'Events could not be delivered and are kept');
  }

  confirmed({ delivered, duplicates, rejected }: Parameters<DeliveryMonitor['confirmed']>[0]): void {
    this.#totals.delivered += delivered;
    this.#totals.duplicates += duplicates;
    this.#totals.rejected += rejected;
  }

  delay(seconds: number): void {
    this.#delay.observe(seconds);
  }

  retried(): void {
    this.#totals.retries += 1;
  }

  deadLetter({ eventId, code }: Rejection): void {
    if (!this.isDue('dead_letter')) return;
    const line = { event: 'audit.dead_letter', dependency: 'audit', eventId, code };
    this.logger.error(line, 'The Audit Service refuses an event; it waits for an operator');
  }

  outage(error: unknown): void {
    if (!this.isDue('outage')) return;
    const code = databaseErrorCode(error);
    const line = { event: 'audit.queue_unreachable', dependency: 'database', code, err: error };
    this.logger.warn(line, 'The outbox cannot be read');
  }

  private isDue(kind: string): boolean {
    const now = performance.now();
    if (now - (this.#lastWarnings.get(kind) ?? -Infinity) < WARNING_EVERY_MS) return false;
    this.#lastWarnings.set(kind, now);
    return true;
  }
}
