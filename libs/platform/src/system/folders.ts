import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** For whoever runs the service alone: what lies there may be a token or tell of somebody. */
const OWN_MODE = 0o700;

/**
 * Makes a folder, and those above it that are missing. Node's own `recursive` never comes back where a folder cannot be
 * made although the one above it is there, as below /proc: it goes from one to the other for ever.
 *
 * @throws Error with the code of the system: `ENOENT` there, `ENOTDIR` or `EEXIST` where a file is in the way, `EACCES`
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: OWN_MODE });
  } catch (error) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() !== true) throw error;
  }
}
