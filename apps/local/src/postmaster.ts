import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LocalRunError } from './local-run-error.js';
import { waitUntil } from './wait-until.js';

/** What PostgreSQL writes into `postmaster.pid` (miscadmin.h, LOCK_FILE_LINE_*). */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
}

const FAST_STOP_MS = 20_000;
const IMMEDIATE_STOP_MS = 10_000;

export function readPostmasterFile(dataDirectory: string): PostmasterFile | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  return { pid: Number(lines[0]), port: Number(lines[3]), status: (lines[7] ?? '').trim() };
}

/** True only for a live PostgreSQL server on exactly this data directory: a process id alone may be anybody's by now. */
export function isPostmasterOf(pid: number, dataDirectory: string): boolean {
  const [command = '', ...args] = commandLine(pid);
  return basename(command) === 'postgres' && args[args.indexOf('-D') + 1] === dataDirectory;
}

/**
 * Ends the server that a killed run left on the data directory, and removes the lock file of one that is gone.
 * Returns the process id of the server it stopped.
 */
export async function stopOrphan(dataDirectory: string): Promise<number | undefined> {
  const file = readPostmasterFile(dataDirectory);
  if (file === undefined) return undefined;
  const gone = (): boolean => !isPostmasterOf(file.pid, dataDirectory);
  if (gone()) {
    await rm(join(dataDirectory, 'postmaster.pid'), { force: true });
    return undefined;
  }
  process.kill(file.pid, 'SIGINT');
  if (await waitUntil(gone, FAST_STOP_MS)) return file.pid;
  process.kill(file.pid, 'SIGQUIT');
  if (await waitUntil(gone, IMMEDIATE_STOP_MS)) return file.pid;
  throw new LocalRunError(
    `The PostgreSQL of an earlier run (process ${file.pid}) does not stop: end it, then start again.`,
  );
}

function commandLine(pid: number): string[] {
  if (!Number.isSafeInteger(pid) || pid <= 1) return [];
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    // A path with a blank in it is not recognised here, so such a server is left alone and PostgreSQL itself refuses.
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(' ');
  } catch {
    return [];
  }
}
