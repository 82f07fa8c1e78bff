import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file of the repository that is made from the code. */
export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly render: () => string | Promise<string>;
}

/** Writes every file, and returns the paths. */
export async function writeFiles(files: readonly GeneratedFile[], root: string): Promise<readonly string[]> {
  for (const { path, render } of files) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await render());
  }
  return files.map(({ path }) => path);
}

/** The paths whose file is missing or is not what the code makes of it now. */
export async function driftedFiles(files: readonly GeneratedFile[], root: string): Promise<readonly string[]> {
  const drifted: string[] = [];
  for (const { path, render } of files) {
    if ((await textOf(join(root, path))) !== (await render())) drifted.push(path);
  }
  return drifted;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
