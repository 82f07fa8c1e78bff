import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MetricsSettings, mayScrape } from './metrics-access.js';
import { MetricsRegistry } from './metrics-registry.js';

const MAX_CONNECTIONS = 16;
const TIMEOUT_MS = 10_000;

/** Serves `/metrics`, and nothing else, on `METRICS_PORT` if that is set. Says so at start when nothing protects it. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('Metrics');
  #server: Server | undefined;

  constructor(
    private readonly metrics: MetricsRegistry,
    private readonly settings: MetricsSettings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { port, host, token } = this.settings;
    if (port === undefined) {
      if (token === undefined) {
        const msg = '/metrics is open to everyone who reaches this port; set METRICS_TOKEN or METRICS_PORT';
        this.#logger.warn({ event: 'metrics_unprotected', msg });
      }
      return;
    }
    this.#server = await listen(port, host, (request, response) => {
      // Nobody catches what a request leaves behind here, and the process would end for it.
      this.answer(request, response).catch((error: unknown) => {
        this.#logger.error({ event: 'internal_error', route: '/metrics', err: error });
        if (response.headersSent) response.destroy();
        else refuse(response, 500, 'internal_error', 'Internal error');
      });
    });
    this.#logger.log({ event: 'metrics_listening', port: this.port, msg: 'metrics have a port of their own' });
  }

  /** Last of all, so that a shutdown can be watched. */
  async onApplicationShutdown(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  /** The port that is listened on, while there is one. */
  get port(): number | undefined {
    const address = this.#server?.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/metrics') {
      refuse(response, 404, 'not_found', 'Not found');
    } else if (!mayScrape(this.settings, request.headers.authorization)) {
      response.setHeader('www-authenticate', 'Bearer');
      refuse(response, 401, 'unauthenticated', 'Authentication required');
    } else {
      const text = await this.metrics.text();
      response.writeHead(200, { 'content-type': this.metrics.contentType, 'cache-control': 'no-store' }).end(text);
    }
  }
}

function refuse(response: ServerResponse, status: number, code: string, title: string): void {
  response
    .writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
    .end(JSON.stringify({ type: 'about:blank', title, status, code }));
}

function listen(
  port: number,
  host: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const server = createServer({ headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS }, answer);
  server.maxConnections = MAX_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}
