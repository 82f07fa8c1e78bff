/** Load from a process of its own: as many requests as its connections can make in a time. */
import { randomUUID } from 'node:crypto';

import autocannon from 'autocannon';

import { inputOf, tell } from './child.js';

export interface LoadJob {
  readonly origin: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in turn; `{unique}` in one becomes a text that was never sent before. */
  readonly bodies?: readonly string[];
  /** Goes with the body at the same place. */
  readonly deviceTokens?: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** The only status that counts. */
  readonly expected: number;
}

export interface LoadResult {
  /** Expected answers per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers with another status, and requests without an answer. */
  readonly others: number;
}

const { origin, method, path, headers, connections, seconds, expected, ...job } = inputOf<LoadJob>();
const { bodies = [], deviceTokens = [] } = job;
let sent = 0;

function next(request: autocannon.Request): autocannon.Request {
  sent += 1;
  const at = sent % bodies.length;
  const device = deviceTokens[at];
  return {
    ...request,
    body: (bodies[at] ?? '').replaceAll('{unique}', randomUUID()),
    ...(device === undefined ? {} : { headers: { ...request.headers, 'x-device-token': device } }),
  };
}

const started = performance.now();
const result = await autocannon({
  url: origin,
  connections,
  duration: seconds,
  requests: [
    {
      method,
      path,
      headers: { ...headers, ...(bodies.length > 0 ? { 'content-type': 'application/json' } : {}) },
      ...(bodies.length > 0 ? { setupRequest: next } : {}),
    },
  ],
});
const elapsed = (performance.now() - started) / 1_000;
const counts = Object.entries(result.statusCodeStats ?? {}).map(
  ([status, { count = 0 }]) => [Number(status), count] as const,
);
const good = counts.find(([status]) => status === expected)?.[1] ?? 0;
const all = counts.reduce((sum, [, count]) => sum + count, 0);
tell({
  rate: good / elapsed,
  p50: result.latency.p50,
  p99: result.latency.p99,
  others: all - good + result.errors,
} satisfies LoadResult);
