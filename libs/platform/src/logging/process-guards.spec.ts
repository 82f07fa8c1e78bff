import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.pino.js';
import { installProcessGuards } from './process-guards.js';

function guarded() {
  let written = '';
  let flushed = '';
  const exits: { code: number; flushed: string }[] = [];
  const emitter = new EventEmitter();
  const logger = createLogger(
    { level: 'info', service: 'user-service', version: '1' },
    { write: (line) => void (written += line), flushSync: () => void (flushed = written) },
  );
  installProcessGuards(logger, {
    on: (event, listener) => emitter.on(event, listener),
    exit: (code) => exits.push({ code, flushed }),
  });
  return { emitter, exits };
}

describe('An error that nobody caught', () => {
  it.each([
    ['uncaughtException', 'uncaught_exception'],
    ['unhandledRejection', 'unhandled_rejection'],
  ])('ends the process with code 1 after one fatal line has been written out (%s)', (event, code) => {
    const { emitter, exits } = guarded();
    emitter.emit(event, new TypeError('for kim@example.com'));
    expect(exits).toHaveLength(1);
    expect(exits[0]?.code).toBe(1);
    expect(JSON.parse(exits[0]!.flushed)).toMatchObject({
      level: 'fatal',
      event: 'process_crashed',
      code,
      err: { type: 'TypeError', message: 'for [email]' },
    });
  });

  it('is logged once, also when more follow', () => {
    const { emitter, exits } = guarded();
    emitter.emit('uncaughtException', new Error('first'));
    emitter.emit('unhandledRejection', new Error('second'));
    expect(exits).toHaveLength(1);
  });
});
