import type { AppLogger } from './app-logger.js';
import { endProcess, type EndingProcess } from './end-process.js';

/** The part of `process` the guards need; tests hand in their own. */
export interface GuardedProcess extends EndingProcess {
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (reason: unknown) => void): unknown;
}

/**
 * After an error nobody caught, the state of the process is unknown: it is logged once and the process ends with
 * code 1, so that whoever supervises it starts a clean one.
 */
export function installProcessGuards(logger: AppLogger, guarded: GuardedProcess = process): void {
  let ending = false;
  const end =
    (code: 'uncaught_exception' | 'unhandled_rejection') =>
    (reason: unknown): void => {
      if (ending) {
        return;
      }
      ending = true;
      try {
        logger.fatal({ event: 'process_crashed', code, err: reason, exitCode: 1 }, 'an error was not caught');
      } finally {
        void endProcess(logger, 1, guarded);
      }
    };
  guarded.on('uncaughtException', end('uncaught_exception'));
  guarded.on('unhandledRejection', end('unhandled_rejection'));
}
