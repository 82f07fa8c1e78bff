import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';

import { RequestContext } from '#platform/context';
import { createHttpAdapter } from '#platform/http';
import { installShutdown } from '#platform/lifecycle';
import { AppLogger, installRefusedLog, installRequestLog, type PinoAppLogger } from '#platform/logging';
import { installHttpMetrics, MetricsRegistry } from '#platform/metrics';
import { ServedDocument } from '#platform/openapi';

import { AuditServiceModule, httpSettings } from './app.module.js';
import type { AuditServiceConfig } from './config.js';
import { buildAuditOpenApi } from './openapi.js';

const CORE_ROUTES: ReadonlySet<string> = new Set(['POST /api/v1/events']);
const QUIET_ROUTES: ReadonlySet<string> = new Set(['/health', '/health/live', '/health/ready', '/metrics']);
/** A batch that is under way is finished; nobody balances load in front of this service. */
const SHUTDOWN = { drainSeconds: 0, timeoutSeconds: 10 };

/** The whole Audit Service, ready to listen. */
export async function createAuditApp(
  config: AuditServiceConfig,
  logger: PinoAppLogger,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AuditServiceModule.forRoot(config, logger),
    createHttpAdapter(httpSettings(config)),
    { bufferLogs: true, abortOnError: false },
  );
  app.useLogger(app.get(Logger));
  if (config.debug) app.get(ServedDocument, { strict: false }).publish(() => buildAuditOpenApi(app));
  const fastify = app.getHttpAdapter().getInstance();
  installRequestLog(fastify, app.get(AppLogger), app.get(RequestContext), { quietRoutes: QUIET_ROUTES });
  installRefusedLog(fastify.refusedRequests, app.get(AppLogger));
  installHttpMetrics(fastify, app.get(MetricsRegistry), { core: CORE_ROUTES, refused: fastify.refusedRequests });
  installShutdown(app, SHUTDOWN);
  return app;
}
