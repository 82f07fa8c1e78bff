import type { MetricsRegistry, Timer } from './metrics-registry.js';

/** The connections of the database pool right now. */
export interface PoolStats {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** The queue in front of password hashing right now; `rejected` only grows. */
export interface HashGateStats {
  readonly active: number;
  readonly queued: number;
  readonly rejected: number;
}

/** Announces the database pool. `max` is the configured limit of connections. */
export function registerPoolMetrics(metrics: MetricsRegistry, max: number, read: () => PoolStats): void {
  metrics.gauges('pg_pool_connections', 'Connections of the PostgreSQL pool by state', 'state', () => ({ ...read() }));
  metrics.gauge('pg_pool_max', 'Most connections the PostgreSQL pool may open', () => max);
}

/** Announces password hashing; the timer is for the hasher to report how long one hash took. */
export function registerHashMetrics(metrics: MetricsRegistry, read: () => HashGateStats): Timer {
  metrics.gauge('password_hash_active', 'Password hashes being computed', () => read().active);
  metrics.gauge('password_hash_queued', 'Password hashes waiting for their turn', () => read().queued);
  metrics.total(
    'password_hash_rejected_total',
    'Password hashes refused because the queue was full',
    () => read().rejected,
  );
  const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
  return metrics.timer('password_hash_seconds', 'Time of one password hash, with its wait in the queue', buckets);
}
