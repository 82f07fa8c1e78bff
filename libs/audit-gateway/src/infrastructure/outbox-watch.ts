import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { MetricsRegistry } from '#platform/metrics';
import { Database } from '#platform/persistence';

import { Pacing } from '../application/ports.js';
import { ShipLane } from '../application/ship-lane.js';
import type { BreakerState } from '../domain/breaker.js';

const INTERVAL_MS = 5_000;
/** A look at a long queue may take its time; asking for it is then rarer, so that it stays a small part of the load. */
const REST_PER_LOOK = 20;
const BREAKER: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 };

/** Up to here it is counted; a longer queue is estimated from what PostgreSQL knows of the table. */
const COUNTED = 10_000;

const rowsOf = (table: string): string =>
  `CASE WHEN n <= ${String(COUNTED)} THEN n ELSE greatest(n,
     (SELECT reltuples::bigint FROM pg_class WHERE oid = '${table}'::regclass)) END`;

// Every part of it is answered by an index or stops early: it must tell most when the queue is longest.
const FIGURES = `
  WITH counted AS (
    SELECT count(*) AS n FROM (SELECT 1 FROM user_service.outbox WHERE topic = 'audit' LIMIT ${String(COUNTED + 1)}) AS few
  ), told AS (
    SELECT count(*) AS n FROM (SELECT 1 FROM user_service.outbox_told LIMIT ${String(COUNTED + 1)}) AS few
  ), heads AS (
    SELECT head.created_at FROM user_service.outbox_lanes l CROSS JOIN LATERAL (
      (SELECT created_at FROM user_service.outbox
        WHERE topic = 'audit' AND lane = l.lane AND sequence IS NOT NULL ORDER BY sequence LIMIT 1)
      UNION ALL
      (SELECT created_at FROM user_service.outbox
        WHERE topic = 'audit' AND lane = l.lane AND sequence IS NULL ORDER BY position NULLS FIRST, id LIMIT 1)) head
  )
  SELECT (SELECT ${rowsOf('user_service.outbox')} FROM counted)::float8 AS depth,
         (SELECT ${rowsOf('user_service.outbox_told')} FROM told)::float8 AS told,
         coalesce((SELECT extract(epoch FROM now() - min(created_at)) FROM heads), 0)::float8 AS "oldestSeconds",
         (SELECT count(*) FROM (SELECT 1 FROM user_service.outbox_dead_letters LIMIT ${String(COUNTED)}) AS few)::int
           AS "deadLetters"`;

export abstract class OutboxLimits {
  /** Events that may wait before the service says that it is degraded. */
  abstract readonly maxRows: number;
  /** Seconds the oldest event may wait. */
  abstract readonly maxAgeSeconds: number;
}

interface Figures {
  readonly depth: number;
  /** Ids of told events that are remembered. */
  readonly told: number;
  readonly oldestSeconds: number;
  readonly deadLetters: number;
}

/** How full the outbox is, for metrics and for the health check. Nothing is ever dropped because of it. */
@Injectable()
export class OutboxWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  // Not a number until somebody has looked: nothing must read as empty because it could not be read.
  #figures: Figures = { depth: Number.NaN, told: Number.NaN, oldestSeconds: Number.NaN, deadLetters: Number.NaN };
  #lookedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    private readonly database: Database,
    private readonly limits: OutboxLimits,
    private readonly shipLane: ShipLane,
    pacing: Pacing,
    metrics: MetricsRegistry,
  ) {
    metrics.gauge('audit_outbox_depth', 'Audit events in the outbox', () => this.#figures.depth);
    metrics.gauge('audit_outbox_oldest_seconds', 'Age of the oldest event', () => this.#figures.oldestSeconds);
    metrics.gauge('audit_outbox_over_limit', '1 while the outbox is over its limits', () => Number(this.isOverLimit));
    metrics.gauge('audit_told_events', 'Ids of told events that are remembered', () => this.#figures.told);
    metrics.gauge('audit_dead_letters', 'Refused events that wait', () => this.#figures.deadLetters);
    metrics.gauge('audit_outbox_figures_age_seconds', 'How old the figures of the outbox are', () => {
      return (performance.now() - this.#lookedAt) / 1_000;
    });
    metrics.gauge('audit_breaker_state', '0 closed, 1 half open, 2 open', () => {
      return BREAKER[shipLane.breaker.state(pacing.now())];
    });
  }

  private get isOverLimit(): boolean {
    const { depth, oldestSeconds } = this.#figures;
    return depth > this.limits.maxRows || oldestSeconds > this.limits.maxAgeSeconds;
  }

  /** What keeps events from leaving, as far as it is for people to mend. */
  get trouble(): 'backlog' | 'key_refused' | undefined {
    if (this.isOverLimit) return 'backlog';
    return this.shipLane.breaker.isUnauthorized ? 'key_refused' : undefined;
  }

  onApplicationBootstrap(): void {
    void this.keepLooking();
  }

  onApplicationShutdown(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  private async keepLooking(): Promise<void> {
    const begun = performance.now();
    await this.look();
    if (this.#stopped) return;
    const pause = Math.max(INTERVAL_MS, (performance.now() - begun) * REST_PER_LOOK);
    this.#timer = setTimeout(() => void this.keepLooking(), pause).unref();
  }

  /** Keeps what is known while the database is away. */
  private async look(): Promise<void> {
    try {
      const [figures] = await this.database.query<Figures>(FIGURES);
      if (figures === undefined) return;
      this.#figures = figures;
      this.#lookedAt = performance.now();
    } catch {
      // The delivery, which looks more often, says so.
    }
  }
}
