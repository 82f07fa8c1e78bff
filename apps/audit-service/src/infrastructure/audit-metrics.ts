import { Injectable, type OnModuleInit } from '@nestjs/common';

import { MetricsRegistry } from '#platform/metrics';

import { VerifyLanes } from '../application/lane-states.js';
import { ReceiveBatch } from '../application/receive-batch.js';
import { Patrol } from './patrol.js';

/** What the lanes are like, and what came in; none of it asks the database when it is scraped. */
@Injectable()
export class AuditMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: MetricsRegistry,
    private readonly lanes: VerifyLanes,
    private readonly receiveBatch: ReceiveBatch,
    private readonly patrol: Patrol,
  ) {}

  onModuleInit(): void {
    const { received } = this.receiveBatch;
    const { metrics, lanes } = this;
    metrics.total('audit_receiver_accepted_total', 'Events stored', () => received.accepted);
    metrics.total('audit_receiver_duplicates_total', 'Events that were there already', () => received.duplicates);
    metrics.total('audit_receiver_refused_total', 'Events refused', () => received.refused);
    metrics.total(
      'audit_receiver_conflicts_total',
      'Of those, events of another chain than the one that is kept, or under the id of another',
      () => received.conflicts,
    );
    metrics.total(
      'audit_receiver_failed_walks_total',
      'Looks at all lanes that could not be finished',
      () => this.patrol.failures,
    );
    metrics.gauge(
      'audit_receiver_broken_lanes',
      'Lanes in which something is missing or was altered, when they were last looked at',
      () => lanes.last.lanes.filter(({ chainOk }) => !chainOk).length,
    );
    metrics.gauge(
      'audit_receiver_places_without_event',
      'Places of refused events: their hash is known, no content',
      // Not a number until the lanes were walked: after a start they must not seem to have just come.
      () => (lanes.last.verifiedAt === null ? NaN : lanes.last.lanes.reduce((sum, { refused }) => sum + refused, 0)),
    );
    metrics.gauge('audit_receiver_missing_events', 'Places that nothing is known of', () =>
      lanes.last.lanes.reduce((sum, { missing }) => sum + Number(missing), 0),
    );
    metrics.gauge(
      'audit_receiver_verified_timestamp_seconds',
      'When all lanes were last proven from their beginning',
      () => (lanes.last.verifiedAt?.getTime() ?? 0) / 1_000,
    );
  }
}
