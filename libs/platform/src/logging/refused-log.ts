import type { RefusedRequest, RefusedRequests } from '#platform/http';
import type { AppLogger } from './app-logger.js';
import { clientNetwork } from './client-network.js';
import { traceIdOf } from './trace-context.js';

const WINDOW_MS = 60_000;
const LINES_PER_WINDOW = 60;

/**
 * Writes one line for every request that was refused before it was one. No rate limit stands before these, so there are
 * 60 lines a minute at most; the first line of the next minute says how many there would have been.
 */
export function installRefusedLog(refusedRequests: RefusedRequests, logger: AppLogger): void {
  let windowStart = -Infinity;
  let seen = 0;
  refusedRequests.subscribe((refused) => {
    const now = performance.now();
    if (now - windowStart >= WINDOW_MS) {
      if (seen > LINES_PER_WINDOW) {
        logger.warn({ event: 'http_refused_many', count: seen, limit: LINES_PER_WINDOW }, 'not all were logged');
      }
      windowStart = now;
      seen = 0;
    }
    seen += 1;
    if (seen <= LINES_PER_WINDOW) logger.info(lineOf(refused), 'request refused');
  });
}

function lineOf({ method, status, code, info }: RefusedRequest) {
  return {
    event: 'http_refused',
    requestId: info.requestId,
    traceId: traceIdOf(info.traceparent),
    method,
    route: 'unmatched',
    status,
    code,
    outcome: 'client_error',
    actorType: 'anonymous',
    client: clientNetwork(info.ip),
  };
}
