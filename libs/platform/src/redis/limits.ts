import { RedisUnavailable } from './redis-unavailable.js';

/** Milliseconds; faults-and-slo.md 5.3. */
export const CONNECT_MS = 500;
/** Of the 100 to 200 ms that a command may take: a request that asks twice waits for less than 250. */
export const COMMAND_MS = 100;
export const BREAKER_THRESHOLD = 5;
export const BREAKER_RETRY_MS = 1_000;
/** How often a connection is asked whether it is alive, and so about half the time until a dead one is noticed. */
export const HEARTBEAT_MS = 1_000;

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1_000;

/** Milliseconds before the next attempt: doubled each time, and spread, so that instances do not come back in step. */
export function reconnectDelay(attempt: number): number {
  const most = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt, 10), LAST_RETRY_MS);
  return Math.ceil(most * (0.5 + Math.random() / 2));
}

/** Rejects with `RedisUnavailable` when the work takes longer. The work goes on, and what becomes of it is ignored. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    // Answers that have arrived are read before this runs: it is not Redis that is slow when this process was busy.
    setImmediate(() => {
      reject(new RedisUnavailable('timeout'));
    });
  }, milliseconds);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
