import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { freePort } from '../../apps/local/src/ports.js';
import { TestProcess } from '../support/process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait.js';

// Says inside of the service, and of npm, what they were given.
const TELL = `--import=data:text/javascript,console.error('given:'+process.env.UV_THREADPOOL_SIZE+','+process.env.MALLOC_ARENA_MAX)`;

describe('OP-02 npm run start:prod', () => {
  let database: TestDatabase;
  let mails: string;
  let port: number;
  let npm: TestProcess | undefined;

  beforeEach(async () => {
    database = await createTestDatabase();
    mails = await mkdtemp(join(tmpdir(), 'start-prod-'));
    port = await freePort();
  });

  afterEach(async () => {
    npm?.signalGroup('SIGKILL');
    await npm?.exited;
    await database.drop();
    await rm(mails, { recursive: true, force: true });
  });

  async function start(more: Readonly<Record<string, string>> = {}): Promise<TestProcess> {
    const env = {
      ...testEnvironment(database.url, mails),
      HOST: '127.0.0.1',
      PORT: String(port),
      SHUTDOWN_DRAIN_SECONDS: '1',
      ...more,
    };
    npm = TestProcess.start('npm', ['run', 'start:prod'], { env, ownGroup: true });
    await npm.line(/service_listening/);
    return npm;
  }

  const ready = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/health/ready`)).status;

  it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on to the service, which drains and exits 0', async (signal) => {
    const started = await start();
    await waitFor(async () => (await ready()) === 200, { what: 'the service to be ready' });

    started.signal(signal);
    await waitFor(async () => (await ready()) === 503, { what: 'the service to drain' });

    expect(await started.exited).toEqual({ code: 0, signal: null });
    expect(started.log).toContainEqual(expect.objectContaining({ event: 'shutdown_finished', exitCode: 0 }));
    await expect(ready()).rejects.toThrow();
  });

  it.each([
    [
      '32 threads, so that files and names of hosts do not wait behind hashes, and one arena for the memory of all hashes',
      {},
      '32,1',
    ],
    ['as many as the operator says', { UV_THREADPOOL_SIZE: '7', MALLOC_ARENA_MAX: '3' }, '7,3'],
  ])('gives the service %s', async (_what, env, expected) => {
    const started = await start({ NODE_OPTIONS: TELL, ...env });

    expect(started.stderr.filter((line) => line.startsWith('given:')).at(-1)).toBe(`given:${expected}`);
  });
});
