import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.pino.js';
import { installProcessGuards } from './process-guards.js';

function guarded() {
  let buffered = '';
  let written = '';
  const exits: { code: number; written: string }[] = [];
  let ended: () => void = () => undefined;
  const exited = new Promise<void>((resolve) => (ended = resolve));
  const emitter = new EventEmitter();
  const logger = createLogger(
    { level: 'info', service: 'user-service', version: '1' },
    {
      write: (line) => void (buffered += line),
      flush: (done) => {
        setImmediate(() => {
          written = buffered;
          done();
        });
      },
    },
  );
  installProcessGuards(logger, {
    on: (event, listener) => emitter.on(event, listener),
    exit: (code) => {
      exits.push({ code, written });
      ended();
    },
    pid: 0,
    kill: () => undefined,
  });
  return { emitter, exits, exited };
}

describe('An error that nobody caught', () => {
  it.each([
    ['uncaughtException', 'uncaught_exception'],
    ['unhandledRejection', 'unhandled_rejection'],
  ])('ends the process with code 1 after one fatal line has been written out (%s)', async (event, code) => {
    const { emitter, exits, exited } = guarded();
    emitter.emit(event, new TypeError('for kim@example.com'));
    expect(exits).toHaveLength(0);
    await exited;
    expect(exits[0]?.code).toBe(1);
    expect(JSON.parse(exits[0]!.written)).toMatchObject({
      level: 'fatal',
      event: 'process_crashed',
      code,
      err: { type: 'TypeError', message: 'for [email]' },
    });
  });

  it('is logged once, also when more follow', async () => {
    const { emitter, exits, exited } = guarded();
    emitter.emit('uncaughtException', new Error('first'));
    emitter.emit('unhandledRejection', new Error('second'));
    await exited;
    expect(exits).toHaveLength(1);
    expect(exits[0]!.written.trim().split('\n')).toHaveLength(1);
  });
});
