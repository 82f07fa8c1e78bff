export { installHttpMetrics } from './http-metrics.js';
export { MetricsModule } from './metrics.module.js';
export { MetricsRegistry, type LabelledCounter, type Timer } from './metrics-registry.js';
export { registerHashMetrics, registerPoolMetrics } from './runtime-metrics.js';
