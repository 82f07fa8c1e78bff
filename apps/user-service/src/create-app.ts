import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';

import { AuditDispatcher } from '#audit-gateway';
import { installShutdown } from '#platform/lifecycle';
import type { PinoAppLogger } from '#platform/logging';
import { MailDispatcher } from '#platform/mail';
import { ServedDocument } from '#platform/openapi';

import { AppModule } from './app.module.js';
import type { Config } from './config.js';
import { configureHttp, createHttpAdapter } from './configure-http.js';
import { installObservability } from './observability.js';
import { buildOpenApi } from './openapi.js';
import { httpSettings } from './settings.module.js';
import { spoolWarnings } from './spool-folder.js';
import { startWarnings } from './start-warnings.js';

/** The whole service, ready to listen. */
export async function createApp(config: Config, logger: PinoAppLogger): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config, logger),
    createHttpAdapter(httpSettings(config)),
    { bufferLogs: true, abortOnError: false },
  );
  app.useLogger(app.get(Logger));
  const warnings = [...startWarnings(config), ...(await spoolWarnings(config))];
  for (const { fields, message } of warnings) logger.warn(fields, message);
  configureHttp(app);
  if (config.docs.enabled) app.get(ServedDocument, { strict: false }).publish(() => buildOpenApi(app));
  installObservability(app);
  installShutdown(app, {
    drainSeconds: config.server.shutdownDrainSeconds,
    timeoutSeconds: config.server.shutdownTimeoutSeconds,
    onDraining: () => {
      app.get(MailDispatcher, { strict: false }).rest();
      app.get(AuditDispatcher, { strict: false }).rest();
    },
  });
  return app;
}
