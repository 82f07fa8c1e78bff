export { AppLogger, type LogFields, type RequestLine } from './app-logger.js';
export { createLogger, type PinoAppLogger } from './logger.pino.js';
export { clientNetwork, clientSite } from './client-network.js';
export { endProcess, type EndingProcess } from './end-process.js';
export { LoggingModule } from './logging.module.js';
export { PinoSecurityLog } from './security-log.pino.js';
export { installProcessGuards } from './process-guards.js';
export { installRefusedLog } from './refused-log.js';
export { installRequestLog } from './request-log.js';
