import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { prepareDataDirectory } from './data-directory.js';
import { LocalRunError } from './local-run-error.js';

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'data-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe('The folder of a local run', () => {
  it('is made with all that are missing above it', async () => {
    const { mail, log } = await prepareDataDirectory(join(home, 'a', 'b'));

    expect((await stat(mail)).isDirectory()).toBe(true);
    expect((await stat(log)).isDirectory()).toBe(true);
  });

  it.each(['/proc/x', '/proc/x/y', 'a-file', 'a-file/x'])(
    'is refused in one line, and soon, where it can never be: %s',
    async (path) => {
      await writeFile(join(home, 'a-file'), '');
      const root = path.startsWith('/') ? path : join(home, path);
      const refused = prepareDataDirectory(root);

      await expect(refused).rejects.toThrow(LocalRunError);
      await expect(refused).rejects.toThrow(/^DATA_DIR \S+ cannot be used: [^\n]+$/);
    },
  );
});
