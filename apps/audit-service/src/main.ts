import 'reflect-metadata';

import { createLogger, endProcess, installProcessGuards } from '#platform/logging';

import { AuditConfigError, loadAuditConfig, type AuditServiceConfig } from './config.js';
import { createAuditApp } from './create-app.js';

function readConfig(): AuditServiceConfig {
  try {
    return loadAuditConfig();
  } catch (error) {
    if (!(error instanceof AuditConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = readConfig();
const logger = createLogger({ level: config.logLevel, service: 'audit-service', version: '1.0.0' });
installProcessGuards(logger);

try {
  const app = await createAuditApp(config, logger);
  await app.listen({ port: config.port, host: config.host });
  logger.info({ event: 'service_listening', port: config.port }, 'listening');
} catch (error) {
  logger.fatal({ event: 'start_failed', err: error, exitCode: 1 }, 'the service could not start');
  await endProcess(logger, 1);
}
