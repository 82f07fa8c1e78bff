export { AppLogger, LOG_LEVELS, LoggingSettings, type LogFields, type LogLevel } from './app-logger.js';
export { LOG_FIELDS, type FieldKind } from './log-fields.js';
export { createLogger, type LogDestination, type PinoAppLogger } from './logger.pino.js';
export { LoggingModule } from './logging.module.js';
export { PinoSecurityLog } from './security-log.pino.js';
export { installProcessGuards, type GuardedProcess } from './process-guards.js';
export { installRequestLog, type RequestLogOptions } from './request-log.js';
export { clientNetwork } from './client-network.js';
