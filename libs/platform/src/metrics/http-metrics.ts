import type { Server } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Histogram } from 'prom-client';
import { routeTemplateOf, UNMATCHED_ROUTE, type RefusedRequests } from '#platform/http';
import { OTHER, type MetricsRegistry } from './metrics-registry.js';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Upper bounds in seconds: the service levels of the latency objectives are among them. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 0.8, 1, 2.5, 5];

export interface HttpMetricsOptions {
  /** `METHOD /route/template` of the calls that the availability objective counts. */
  readonly core: ReadonlySet<string>;
  /** Where requests are told of that no hook sees. */
  readonly refused?: RefusedRequests;
}

/** Counts and times every answer by route template, never by URL. Call it before the application starts to listen. */
export function installHttpMetrics(
  fastify: FastifyInstance,
  metrics: MetricsRegistry,
  { core, refused }: HttpMetricsOptions,
): void {
  const registers = [metrics.registry];
  const all: Series[] = [];
  new Counter({
    name: 'http_requests_total',
    help: 'Answers by method, route template and status; slo="core" marks calls of the availability objective',
    labelNames: ['method', 'route', 'code', 'slo'],
    registers,
    // Told when it is asked for: finding a series by its labels takes longer than counting in it.
    collect() {
      this.reset();
      for (const { labels, answers } of all) this.inc(labels, answers);
    },
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer',
    labelNames: ['method', 'route'],
    buckets: BUCKETS,
    registers,
  });
  watchConnections(fastify.server, metrics);
  const known = new Map<string, Map<string, Map<number, Series>>>();
  const seriesOf = (route: string, method: string, code: number): Series => {
    const ofRoute = at(known, route, () => new Map<string, Map<number, Series>>());
    const ofMethod = at(ofRoute, method, () => new Map<number, Series>());
    return at(ofMethod, code, () => {
      const slo = core.has(`${method} ${route}`) ? 'core' : 'none';
      const series = { labels: { method, route, code, slo }, answers: 0, times: durations.labels({ method, route }) };
      all.push(series);
      return series;
    });
  };
  refused?.subscribe(({ method, status }) => {
    seriesOf(UNMATCHED_ROUTE, methodLabel(method), status).answers += 1;
  });
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const series = seriesOf(routeTemplateOf(request), methodLabel(request.method), reply.statusCode);
    series.answers += 1;
    series.times.observe(reply.elapsedTime / 1_000);
    done();
  });
}

/** There are as many as routes have kinds of answers. */
interface Series {
  readonly labels: { readonly method: string; readonly route: string; readonly code: number; readonly slo: string };
  answers: number;
  readonly times: { observe(seconds: number): void };
}

function at<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

function watchConnections(server: Server, metrics: MetricsRegistry): void {
  let open = 0;
  let refused = 0;
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => (open -= 1));
  });
  server.on('drop', () => (refused += 1));
  metrics.gauge('http_connections', 'Connections of clients that are open', () => open);
  metrics.total('http_connections_refused_total', 'Connections that were one too many', () => refused);
}

function methodLabel(method: string | undefined): string {
  return method !== undefined && METHODS.has(method) ? method : OTHER;
}
