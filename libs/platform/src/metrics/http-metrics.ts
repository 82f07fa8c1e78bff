import type { Server } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Histogram } from 'prom-client';
import type { RefusedRequests } from '#platform/http';
import { OTHER, type MetricsRegistry } from './metrics-registry.js';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const UNMATCHED = 'unmatched';

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
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Answers by method, route template and status; slo="core" marks calls of the availability objective',
    labelNames: ['method', 'route', 'code', 'slo'],
    registers,
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer',
    labelNames: ['method', 'route'],
    buckets: BUCKETS,
    registers,
  });
  watchConnections(fastify.server, metrics);
  refused?.subscribe(({ method, status }) => {
    requests.inc({ method: methodLabel(method), route: UNMATCHED, code: status, slo: 'none' });
  });
  // Finding a series by its labels costs more than counting in it. There are as many as routes have kinds of answers.
  const known = new Map<string, Series>();
  const seriesOf = (method: string, route: string, code: number): Series => {
    const key = `${method} ${route} ${code}`;
    let series = known.get(key);
    if (series === undefined) {
      const slo = core.has(`${method} ${route}`) ? 'core' : 'none';
      const counter = requests.labels({ method, route, code, slo });
      const histogram = durations.labels({ method, route });
      series = {
        count: () => {
          counter.inc();
        },
        time: (seconds) => {
          histogram.observe(seconds);
        },
      };
      known.set(key, series);
    }
    return series;
  };
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const { url } = request.routeOptions;
    const route = request.is404 || url === undefined || url === '*' ? UNMATCHED : url;
    const series = seriesOf(methodLabel(request.method), route, reply.statusCode);
    series.count();
    series.time(reply.elapsedTime / 1_000);
    done();
  });
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

interface Series {
  count(): void;
  time(seconds: number): void;
}

function methodLabel(method: string | undefined): string {
  return method !== undefined && METHODS.has(method) ? method : OTHER;
}
