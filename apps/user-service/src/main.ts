import 'reflect-metadata';

import { createLogger, endProcess, installProcessGuards } from '#platform/logging';

import { ConfigError, loadConfig, type Config } from './config.js';
import { tellConfigRejected } from './config-rejected.js';
import { sizeThreadPool } from './config/thread-pool.js';
import { announceStart } from './announce-start.js';
import { createApp } from './create-app.js';
import { giveBackMemory } from './give-back-memory.js';
import { refuseUnusableSpool } from './spool-folder.js';
import { VERSION } from './version.js';

async function readConfig(): Promise<Config> {
  try {
    const config = loadConfig();
    await refuseUnusableSpool();
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    await tellConfigRejected(error, createLogger({ level: 'error', service: 'user-service', version: VERSION }));
    process.exit(1);
  }
}

const config = await readConfig();
sizeThreadPool(config.password.hash.concurrency);
const logger = createLogger({ level: config.logging.level, service: 'user-service', version: VERSION });
installProcessGuards(logger);

try {
  const app = await createApp(config, logger);
  giveBackMemory();
  await app.listen({ port: config.server.port, host: config.server.host });
  announceStart(app, logger);
  logger.info({ event: 'service_listening', port: config.server.port }, 'listening');
} catch (error) {
  logger.fatal({ event: 'start_failed', err: error, exitCode: 1 }, 'the service could not start');
  await endProcess(logger, 1);
}
