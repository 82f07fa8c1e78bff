import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const TOO_LONG_MS = 10_000;

// More than pipes hold, so that the thread that writes is stuck by the time the process ends.
const LOGGING = `
  import { createLogger, endProcess, installProcessGuards } from '#platform/logging';
  const logger = createLogger({ level: 'info', service: 'test', version: '1' });
  installProcessGuards(logger);
  for (let line = 0; line < 3_000; line += 1) logger.info({ event: 'test' }, 'x'.repeat(1_000));
`;

/** Runs a program whose output nobody reads until it has ended; resolves to how that was. */
async function runUnread(program: string): Promise<unknown[]> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', LOGGING + program], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const hung = setTimeout(() => child.kill('SIGTERM'), TOO_LONG_MS);
  const ended: unknown[] = await once(child, 'exit');
  clearTimeout(hung);
  child.stdout.destroy();
  return ended;
}

describe('A process whose log nobody reads any more', () => {
  it.each([
    ['after an error that nobody caught', `throw new Error('nobody catches this');`],
    ['after it was told to stop', `await endProcess(logger, 0);`],
  ])('ends all the same: %s', async (_when, program) => {
    expect(await runUnread(program)).toEqual([null, 'SIGKILL']);
  });
});

describe('A process whose log is read', () => {
  it('writes all of it before it ends', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', `${LOGGING} throw new Error('last');`], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));

    expect((await once(child, 'close'))[0]).toBe(1);

    const lines = output.trim().split('\n');
    expect(lines).toHaveLength(3_001);
    expect(lines.at(-1)).toContain('process_crashed');
  });
});
