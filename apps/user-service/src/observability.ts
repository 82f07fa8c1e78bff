import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RequestContext } from '#platform/context';
import { AppLogger, installRefusedLog, installRequestLog } from '#platform/logging';
import { MetricsRegistry, installHttpMetrics, registerPoolMetrics } from '#platform/metrics';
import { Database, PersistenceSettings } from '#platform/persistence';

/** The calls of the availability objective (faults-and-slo.md 5.1), as `METHOD /route/template`. */
export const CORE_ROUTES: ReadonlySet<string> = new Set([
  'POST /api/v1/auth/login',
  'POST /api/v1/auth/mfa/verify',
  'POST /api/v1/auth/refresh',
  'POST /api/v1/auth/logout',
  'POST /api/v1/oauth/introspect',
  'GET /api/v1/gateway/verify',
  'GET /api/v1/users/me',
]);

/** Asked by machines every few seconds; a line for each would bury all others. */
const QUIET_ROUTES: ReadonlySet<string> = new Set([
  '/health',
  '/health/live',
  '/health/ready',
  '/health/startup',
  '/metrics',
]);

/** One log line and one measurement for every request, and the pool's figures. Call it before listening. */
export function installObservability(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const metrics = app.get(MetricsRegistry);
  installRequestLog(fastify, app.get(AppLogger), app.get(RequestContext), { quietRoutes: QUIET_ROUTES });
  installRefusedLog(fastify.refusedRequests, app.get(AppLogger));
  installHttpMetrics(fastify, metrics, { core: CORE_ROUTES, refused: fastify.refusedRequests });
  registerPoolMetrics(metrics, app.get(PersistenceSettings).poolSize, () => app.get(Database).connections);
}
