import { describe, expect, it } from '@jest/globals';
import { MetricsRegistry } from './metrics-registry.js';
import { registerHashMetrics, registerPoolMetrics } from './runtime-metrics.js';

describe('The metrics registry', () => {
  it('reads what others announced at the moment of the scrape', async () => {
    const metrics = new MetricsRegistry();
    const pool = { total: 3, idle: 1, waiting: 7 };
    const hashing = { active: 2, queued: 5, rejected: 9 };
    registerPoolMetrics(metrics, 20, () => pool);
    registerHashMetrics(metrics, () => hashing).observe(0.02);
    await metrics.text();
    pool.waiting = 0;
    hashing.rejected = 11;
    const text = await metrics.text();
    expect(text).toContain('pg_pool_connections{state="total"} 3');
    expect(text).toContain('pg_pool_connections{state="waiting"} 0');
    expect(text).toContain('pg_pool_max 20');
    expect(text).toContain('password_hash_active 2');
    expect(text).toContain('password_hash_rejected_total 11');
    expect(text).toContain('password_hash_seconds_bucket{le="0.025"} 1');
  });

  it('survives a part that cannot answer', async () => {
    const metrics = new MetricsRegistry();
    metrics.gauge('broken', 'throws', () => {
      throw new Error('not now');
    });
    metrics.gauges('broken_too', 'throws', 'label', () => {
      throw new Error('not now');
    });
    metrics.gauge('fine', 'works', () => 1);
    expect(await metrics.text()).toContain('fine 1');
  });

  it('LO-05 counts kinds nobody announced as one', async () => {
    const metrics = new MetricsRegistry();
    const counter = metrics.counter('events_total', 'Events', 'event', ['known']);
    counter.increment('known');
    for (let n = 0; n < 50; n += 1) counter.increment(`made-up-${String(n)}`);
    const text = await metrics.text();
    expect(text).toContain('events_total{event="known"} 1');
    expect(text).toContain('events_total{event="other"} 50');
    expect(text).not.toContain('made-up');
  });
});
