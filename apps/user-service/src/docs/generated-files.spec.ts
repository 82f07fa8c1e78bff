import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { driftedFiles, writeFiles } from './generated-files.js';

describe('generated files', () => {
  const files = [
    { path: 'a.md', render: () => 'a\n' },
    { path: 'deep/b.json', render: () => Promise.resolve('{}\n') },
  ];
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'generated-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('have not drifted once they are written', async () => {
    await writeFiles(files, root);
    expect(await driftedFiles(files, root)).toEqual([]);
  });

  it('have drifted when they are missing or were edited', async () => {
    expect(await driftedFiles(files, root)).toEqual(['a.md', 'deep/b.json']);
    await writeFiles(files, root);
    await writeFile(join(root, 'a.md'), 'edited\n');
    expect(await driftedFiles(files, root)).toEqual(['a.md']);
  });
});
