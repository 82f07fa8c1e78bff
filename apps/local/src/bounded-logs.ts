import { copyFile, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';

const LIMIT_BYTES = 20 * 1024 * 1024;
const LOOK_EVERY_MS = 60_000;

/** Keeps each log file and one older copy of it within the limit, as long as the run lasts. */
export async function keepLogsBounded(folder: string): Promise<void> {
  await cut(folder);
  // A log that cannot be cut now is cut a minute later.
  setInterval(() => void cut(folder).catch(() => undefined), LOOK_EVERY_MS).unref();
}

async function cut(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    if (!name.endsWith('.log') || (await stat(file)).size <= LIMIT_BYTES) continue;
    // The writers append, so they go on at the new end.
    await copyFile(file, `${file}.old`);
    await truncate(file);
  }
}
