import { mkdtemp, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { createLogger } from '#platform/logging';
import { MetricsRegistry } from '#platform/metrics';

import { waitFor } from '../../../../test/support/wait.js';
import { FileEventSpool } from './event-spool.file.js';

const MAX_BYTES = 16_000;
const entry = (id: string) => ({
  message: { id, topic: 'audit' as const, orderKey: id, payload: { filler: 'x'.repeat(900) } },
});

let dir: string;
let spool: FileEventSpool;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spool-'));
  const logger = createLogger({ level: 'error', service: 'test', version: '0' }, { write: () => undefined });
  spool = new FileEventSpool({ dir, maxBytes: MAX_BYTES }, logger, new MetricsRegistry());
});
afterEach(async () => {
  await spool.onApplicationShutdown();
  await rm(dir, { recursive: true });
});

/** Until it refuses; how many it took. */
async function fill(name: string): Promise<number> {
  for (let taken = 0; ; taken += 1) {
    try {
      await spool.keep([entry(`${name}${String(taken)}`)]);
    } catch {
      return taken;
    }
  }
}
const bytes = async (): Promise<number> => {
  const sizes = await Promise.all((await readdir(dir)).map(async (name) => (await stat(join(dir, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
};

/** `fdatasync` does not come back until it is told to. */
async function heldSync(): Promise<{ release: () => void; fail: () => void; restore: () => void }> {
  const handle = await open(dir, 'r');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  promise.catch(() => undefined);
  const spy = jest.spyOn(prototype, 'datasync').mockReturnValue(promise);
  return {
    release: () => {
      resolve(undefined);
    },
    fail: () => {
      reject(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
    },
    restore: () => {
      spy.mockRestore();
    },
  };
}

describe('AU-09 The files of the spool', () => {
  it('are bounded together, and go on from one to the next', async () => {
    const taken = await fill('a');

    expect(taken).toBeGreaterThan(10);
    expect(await bytes()).toBeLessThanOrEqual(MAX_BYTES);
    // An eighth each, and the line that goes across it.
    expect((await readdir(dir)).length).toBeGreaterThanOrEqual(5);
  });

  it('give their room back one by one, as they are drained', async () => {
    await fill('a');
    const files = await spool.closedFiles();
    expect(await fill('b')).toBe(0);
    const [oldest = ''] = files;
    await spool.remove(oldest, Number.MAX_SAFE_INTEGER);

    expect(await readdir(dir)).not.toContain(oldest);
    expect(await fill('c')).toBeGreaterThan(0);
    expect(await bytes()).toBeLessThanOrEqual(MAX_BYTES);
  });

  it('are on the disk, not only with the system, before anybody is told that an event is kept', async () => {
    const { release, restore } = await heldSync();
    let isKept = false;
    const keeping = spool.keep([entry('a')]).then(() => (isKept = true));
    await waitFor(async () => (await bytes()) > 900, { what: 'the line' });
    expect(isKept).toBe(false);
    release();
    await keeping;
    restore();
  });

  it('are nothing that anybody is told of when the disk fails', async () => {
    const { fail, restore } = await heldSync();
    fail();
    await expect(spool.keep([entry('a')])).rejects.toThrow('EIO');
    restore();
    // The next one begins on a clean page.
    await spool.keep([entry('b')]);
    expect(await readdir(dir)).toHaveLength(2);
  });

  it('are for their owner alone', async () => {
    await spool.keep([entry('a')]);
    const [name = ''] = await readdir(dir);

    expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
  });
});
