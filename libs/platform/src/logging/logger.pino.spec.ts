import { Logger as NestLogger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { ClsServiceManager } from 'nestjs-cls';
import { Logger } from 'nestjs-pino';
import { RequestContext } from '#platform/context';
import { createLogger, type LogDestination } from './logger.pino.js';
import { LoggingModule } from './logging.module.js';

type Line = Record<string, unknown>;

function collector(): { lines: () => Line[]; raw: () => string; destination: LogDestination } {
  let written = '';
  return {
    destination: { write: (text) => void (written += text) },
    raw: () => written,
    lines: () =>
      written
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Line),
  };
}

const settings = { level: 'debug', service: 'user-service', version: '1.2.3' } as const;

describe('The logger', () => {
  it('LO-01 writes JSON lines with UTC time, level, service, version, event and message', () => {
    const { destination, lines } = collector();
    createLogger(settings, destination).info({ event: 'started', port: 8000 }, 'listening');
    const [line] = lines();
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
      level: 'info',
      service: 'user-service',
      version: '1.2.3',
      event: 'started',
      port: 8000,
      msg: 'listening',
    });
  });

  it('LO-02 writes listed fields only and names what it left out', () => {
    const { destination, lines, raw } = collector();
    createLogger(settings, destination).info(
      {
        event: 'x',
        password: 'canary-1',
        body: { email: 'canary-2' },
        'kim@example.com': 'canary-3',
        status: 'canary-4',
      },
      'done',
    );
    expect(lines()[0]?.['dropped']).toEqual(['password', 'body', '?', 'status']);
    expect(raw()).not.toMatch(/canary|kim/);
  });

  it.each(['usr_abcdefgh', 'eyJhbGciOiJIUzUxMiJ9.e30.x', 'not an id', 'a'.repeat(65)])(
    'LO-02 refuses %s where an identifier belongs',
    (value) => {
      const { destination, lines, raw } = collector();
      createLogger(settings, destination).info({ event: 'x', actorId: value }, 'done');
      expect(lines()[0]?.['dropped']).toEqual(['actorId']);
      expect(raw()).not.toContain(value);
    },
  );

  it('LO-02 applies the list to bindings of child loggers and to interpolation too', () => {
    const { destination, raw, lines } = collector();
    const { pino } = createLogger(settings, destination);
    const child = pino.child({ requestId: 'r-1', cookie: 'canary-1' }).child({ secret: 'canary-2' });
    child.setBindings({ token: 'canary-3' });
    child.info({ event: 'x' }, 'user %s', 'canary-4');
    child.info('user %s', 'canary-5');
    child.error(new Error('at kim@example.com'));
    child.error({ err: new Error('by kim@example.com') });
    expect(raw()).not.toMatch(/canary|kim/);
    expect(lines().map(({ requestId }) => requestId)).toEqual(['r-1', 'r-1', 'r-1', 'r-1']);
    expect(lines()[3]).toMatchObject({
      level: 'error',
      msg: 'exception',
      err: { type: 'Error', message: 'by [email]' },
    });
  });

  it('LO-03 keeps one event on one line, whatever is in it', () => {
    const { destination, raw, lines } = collector();
    const logger = createLogger(settings, destination);
    const hostile = 'x"}\r\n{"level":"fatal"}\u2028\u001b[2J\u0085';
    logger.warn({ event: 'x', reason: hostile, err: new Error(hostile) }, hostile);
    expect([...raw()].filter((character) => /[\p{Cc}\u2028\u2029]/u.test(character))).toEqual(['\n']);
    expect(lines()).toHaveLength(1);
  });

  it('puts the request at work on every line below it', () => {
    const { destination, lines } = collector();
    const logger = createLogger(settings, destination);
    const context = new RequestContext(ClsServiceManager.getClsService());
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    context.run({ requestId: 'request-1', traceparent, language: 'en' }, { type: 'anonymous' }, () => {
      logger.info({ event: 'inside' }, 'inside');
    });
    logger.info({ event: 'outside' }, 'outside');
    expect(lines()[0]).toMatchObject({ requestId: 'request-1', traceId: '0af7651916cd43dd8448eb211c80319c' });
    expect(lines()[1]).not.toHaveProperty('requestId');
  });

  it('is silent below its level', () => {
    const { destination, raw } = collector();
    const logger = createLogger({ ...settings, level: 'warn' }, destination);
    logger.info({ event: 'x' }, 'unheard');
    expect(raw()).toBe('');
  });

  it('takes over what Nest and its Logger write', async () => {
    const { destination, lines, raw } = collector();
    @Module({ imports: [LoggingModule.forRoot(createLogger(settings, destination))] })
    class App {}
    const app = await NestFactory.createApplicationContext(App, { bufferLogs: true });
    app.useLogger(app.get(Logger));
    const logger = new NestLogger('Billing');
    logger.warn({ event: 'quota_low', count: 3, email: 'canary@example.com' });
    logger.error('it broke', new Error('canary@example.com').stack);
    await app.close();
    NestLogger.overrideLogger(false);
    expect(lines().find(({ event }) => event === 'quota_low')).toMatchObject({
      level: 'warn',
      context: 'Billing',
      count: 3,
      dropped: ['email'],
    });
    expect(lines().find(({ context }) => context === 'InstanceLoader')).toMatchObject({
      level: 'debug',
      event: 'message',
    });
    expect(raw()).not.toContain('canary');
  });

  it('leaves out what Nest tells of its own start at info, and keeps its warnings', () => {
    const { destination, lines } = collector();
    const { pino } = createLogger({ ...settings, level: 'info' }, destination);
    pino.info({ context: 'InstanceLoader' }, 'AppModule dependencies initialized');
    pino.warn({ context: 'InstanceLoader' }, 'mind this');
    pino.info({ context: 'Billing' }, 'billed');
    expect(lines().map(({ level, context }) => [level, context])).toEqual([
      ['warn', 'InstanceLoader'],
      ['info', 'Billing'],
    ]);
  });
});
