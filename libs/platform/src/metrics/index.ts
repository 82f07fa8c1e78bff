export { installHttpMetrics, type HttpMetricsOptions } from './http-metrics.js';
export { MetricsSettings } from './metrics-access.js';
export { MetricsRegistry, type LabelledCounter, type Timer } from './metrics-registry.js';
export { MetricsModule } from './metrics.module.js';
export { registerHashMetrics, registerPoolMetrics, type HashGateStats, type PoolStats } from './runtime-metrics.js';
