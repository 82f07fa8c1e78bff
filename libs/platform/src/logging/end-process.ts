import type { AppLogger } from './app-logger.js';

/** The part of `process` that its end needs; tests hand in their own. */
export interface EndingProcess {
  readonly pid: number;
  exit(code: number): void;
  kill(pid: number, signal: 'SIGKILL'): void;
}

/** Whoever reads the log gets this long to take what is left. */
const FLUSH_MS = 1_000;

/**
 * Writes out the log and ends the process. When nobody reads the log any more, it is killed: at its exit Node would
 * write out the rest itself and wait for the thread that writes, both for ever.
 */
export async function endProcess(logger: AppLogger, code: number, ending: EndingProcess = process): Promise<void> {
  if (await logger.flush(FLUSH_MS)) ending.exit(code);
  else ending.kill(ending.pid, 'SIGKILL');
}
