import { EventEmitter } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Global, Injectable, Module, type OnApplicationShutdown, Param } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { AppLogger, createLogger } from '#platform/logging';
import { Lifecycle } from './lifecycle.js';
import { installShutdown, type ShutdownOptions } from './shutdown.js';

type Line = Record<string, unknown>;

@Controller()
class SlowController {
  @Get('wait/:ms')
  async wait(@Param('ms') ms: string): Promise<string> {
    await delay(Number(ms));
    return 'done';
  }
}

let poolClosed = 0;
@Injectable()
class Pool implements OnApplicationShutdown {
  async onApplicationShutdown(): Promise<void> {
    await delay(5);
    poolClosed += 1;
  }
}

let app: NestFastifyApplication;
let agent: Agent;

async function start(options: ShutdownOptions) {
  poolClosed = 0;
  agent = new Agent({ keepAlive: true });
  const lines: Line[] = [];
  const logger = createLogger(
    { level: 'info', service: 'user-service', version: '1' },
    { write: (line) => void lines.push(JSON.parse(line) as Line) },
  );
  const providers = [{ provide: AppLogger, useValue: logger }, Lifecycle, Pool];
  @Global()
  @Module({ controllers: [SlowController], providers })
  class App {}
  const module = await Test.createTestingModule({ imports: [App] }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  const signals = new EventEmitter();
  let exit: (code: number) => void = () => undefined;
  const exited = new Promise<number>((resolve) => (exit = resolve));
  installShutdown(app, options, {
    on: (signal, listener) => signals.on(signal, listener),
    exit,
    pid: 0,
    kill: () => undefined,
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  return { port, signals, exited, lines };
}

function ask(port: number, path: string): Promise<{ status: number | undefined; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    get({ port, path, agent, host: '127.0.0.1' }, (response) => {
      response.resume();
      response.once('end', () => {
        resolve({ status: response.statusCode, connection: response.headers.connection });
      });
    }).once('error', reject);
  });
}

describe('A shutdown', () => {
  afterEach(async () => {
    agent.destroy();
    await app.close();
  });

  it('OP-02 serves on while it drains, gives up kept connections, finishes what is in flight, closes pools, exits 0', async () => {
    const onDraining = jest.fn();
    const { port, signals, exited, lines } = await start({ drainSeconds: 0.3, timeoutSeconds: 5, onDraining });
    expect((await ask(port, '/wait/0')).connection).toBe('keep-alive');
    const long = ask(port, '/wait/700');
    await delay(50);
    signals.emit('SIGTERM');
    expect(app.get(Lifecycle).isLeaving).toBe(true);
    expect(onDraining).toHaveBeenCalledTimes(1);
    expect(await ask(port, '/wait/0')).toEqual({ status: 200, connection: 'close' });
    await delay(400);
    await expect(ask(port, '/wait/0')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(poolClosed).toBe(0);
    expect((await long).status).toBe(200);
    expect(await exited).toBe(0);
    expect(poolClosed).toBe(1);
    expect(lines.map(({ event }) => event)).toEqual(['shutdown_started', 'shutdown_finished']);
  });

  it('OP-02 loses no request of clients that keep their connections', async () => {
    const { port, signals, exited } = await start({ drainSeconds: 1, timeoutSeconds: 5 });
    const answers: unknown[] = [];
    let stop = false;
    const client = async (): Promise<void> => {
      while (!stop) answers.push((await ask(port, '/wait/1')).status);
    };
    const clients = Array.from({ length: 20 }, client);
    await delay(100);
    signals.emit('SIGTERM');
    // A load balancer that obeys readiness sends nothing more after a while, well within the drain.
    await delay(200);
    stop = true;
    await Promise.all(clients);
    expect(await exited).toBe(0);
    expect(answers.length).toBeGreaterThan(100);
    expect(new Set(answers)).toEqual(new Set([200]));
  });

  it('OP-02 cuts what does not finish in time, also connections that never asked anything', async () => {
    const { port, signals, exited, lines } = await start({ drainSeconds: 0, timeoutSeconds: 0.3 });
    const silent = connect(port, '127.0.0.1').on('error', () => undefined);
    const stuck = ask(port, '/wait/3000').catch((error: unknown) => (error as { code: string }).code);
    await delay(50);
    signals.emit('SIGTERM');
    expect(await exited).toBe(0);
    expect(await stuck).toBe('ECONNRESET');
    expect(lines).toContainEqual(expect.objectContaining({ event: 'shutdown_cut', inFlight: 1 }));
    silent.destroy();
  });

  it('ends at once with code 1 at a second signal, but not at the echo of the first', async () => {
    const { signals, exited, lines } = await start({ drainSeconds: 1.5, timeoutSeconds: 10 });
    signals.emit('SIGINT');
    signals.emit('SIGTERM');
    await delay(550);
    expect(lines).toHaveLength(1);
    signals.emit('SIGINT');
    expect(await exited).toBe(1);
  });
});
