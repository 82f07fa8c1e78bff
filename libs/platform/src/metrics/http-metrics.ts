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
  refused?.subscribe(({ method, status }) => {
    requests.inc({ method: methodLabel(method), route: UNMATCHED, code: status, slo: 'none' });
  });
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const { url } = request.routeOptions;
    const route = request.is404 || url === undefined || url === '*' ? UNMATCHED : url;
    const method = methodLabel(request.method);
    const slo = core.has(`${method} ${route}`) ? 'core' : 'none';
    requests.inc({ method, route, code: reply.statusCode, slo });
    durations.observe({ method, route }, reply.elapsedTime / 1_000);
    done();
  });
}

function methodLabel(method: string | undefined): string {
  return method !== undefined && METHODS.has(method) ? method : OTHER;
}
