import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { makeFolder } from './folders.js';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'folders-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('A folder', () => {
  it('is made with all that are missing above it, for its owner alone', async () => {
    const path = join(root, 'a', 'b', 'c');
    await makeFolder(path);

    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it('may be there already, and be made by many at once', async () => {
    const path = join(root, 'd', 'e', 'f');
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(path)));
    await makeFolder(path);

    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it('is not made where a file is in the way, or the system makes none', async () => {
    const file = join(root, 'a-file');
    await writeFile(file, '');

    await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(file, 'below', 'it'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(makeFolder('/proc/x')).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
    await expect(makeFolder('/proc/x/y/z')).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
  });
});
