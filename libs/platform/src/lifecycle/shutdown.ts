import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppLogger, endProcess, type EndingProcess } from '#platform/logging';
import { Lifecycle } from './lifecycle.js';

/** The part of `process` that a shutdown needs; tests hand in their own. */
export interface SignalledProcess extends EndingProcess {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
}

export interface ShutdownOptions {
  /** How long requests are still accepted after the signal, in seconds: until load balancers have noticed. */
  readonly drainSeconds: number;
  /** How long requests in flight may take to finish after that, in seconds. */
  readonly timeoutSeconds: number;
  /** Called with the signal: what works in the background begins nothing new. */
  readonly onDraining?: () => void;
}

/** Pools, queues and timers get this long to close; then the process ends anyway, with code 1. */
const CLOSE_MS = 5_000;
const POLL_MS = 25;
/** Quiet polls in a row that count as "nothing in flight": a request on its way in gets time to arrive. */
const QUIET_POLLS = 3;
/** One Ctrl-C reaches a whole process group, and a parent may pass it on: that is still one request to stop. */
const SAME_SIGNAL_MS = 500;

/**
 * On SIGTERM or SIGINT: readiness fails at once, requests are served until the drain is over, those in flight finish,
 * pools close, exit 0 (faults-and-slo.md 5.3). A second signal ends the process at once with code 1.
 *
 * Call it before the application starts to listen.
 */
export function installShutdown(
  app: NestFastifyApplication,
  options: ShutdownOptions,
  signalled: SignalledProcess = process,
): void {
  const logger = app.get(AppLogger);
  const inFlight = countRequests(app);
  let stoppingSince: number | undefined;
  const end = (code: number): void => {
    void endProcess(logger, code, signalled);
  };
  const onSignal = (signal: string): void => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince < SAME_SIGNAL_MS) return;
      logger.warn({ event: 'shutdown_aborted', signal, exitCode: 1 }, 'second signal: ending at once');
      end(1);
      return;
    }
    stoppingSince = performance.now();
    logger.info({ event: 'shutdown_started', signal, delayMs: options.drainSeconds * 1_000 }, 'draining');
    stop(app, options, inFlight, logger).then(end, (error: unknown) => {
      logger.error({ event: 'shutdown_failed', err: error, exitCode: 1 }, 'the shutdown did not complete');
      end(1);
    });
  };
  signalled.on('SIGTERM', () => onSignal('SIGTERM'));
  signalled.on('SIGINT', () => onSignal('SIGINT'));
}

/** Counts at the HTTP server itself, so that nothing that holds a connection goes unseen. */
function countRequests(app: NestFastifyApplication): () => number {
  const lifecycle = app.get(Lifecycle);
  let count = 0;
  const fastify = app.getHttpAdapter().getInstance();
  app.getHttpServer().on('request', (_request, response) => {
    count += 1;
    response.once('close', () => (count -= 1));
  });
  fastify.addHook('onRequest', (_request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    // Clients move to another instance with their next request, before their connection is closed under them.
    if (lifecycle.isLeaving) void reply.header('connection', 'close');
    done();
  });
  return () => count;
}

/** Resolves to the exit code. */
async function stop(
  app: NestFastifyApplication,
  { drainSeconds, timeoutSeconds, onDraining }: ShutdownOptions,
  inFlight: () => number,
  logger: AppLogger,
): Promise<number> {
  const lifecycle = app.get(Lifecycle);
  lifecycle.advance('draining');
  onDraining?.();
  await delay(drainSeconds * 1_000);
  // Not Fastify's close: that would answer requests on kept connections with 503.
  const left = await closeServer(app.getHttpServer(), inFlight, timeoutSeconds * 1_000);
  lifecycle.advance('stopped');
  if (left > 0) logger.warn({ event: 'shutdown_cut', inFlight: left }, 'requests did not finish in time');
  const closed = await Promise.race([app.close().then(() => true), delay(CLOSE_MS, false, { ref: false })]);
  if (!closed) {
    logger.error({ event: 'shutdown_incomplete', exitCode: 1 }, 'pools did not close in time');
    return 1;
  }
  logger.info({ event: 'shutdown_finished', exitCode: 0 }, 'stopped');
  return 0;
}

/** Accepts no more, lets requests finish and resolves to how many had to be cut. */
async function closeServer(server: Server, inFlight: () => number, timeoutMs: number): Promise<number> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  const deadline = performance.now() + timeoutMs;
  for (let quiet = 0; quiet < QUIET_POLLS && performance.now() < deadline;) {
    server.closeIdleConnections();
    await delay(POLL_MS);
    quiet = inFlight() === 0 ? quiet + 1 : 0;
  }
  const left = inFlight();
  // Also connections that never sent a request, which do not count as idle.
  server.closeAllConnections();
  await closed;
  return left;
}
