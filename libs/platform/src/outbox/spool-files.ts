import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import type { OutboxMessage } from './outbox.js';

/** One event in the spool. */
export interface SpoolEntry {
  readonly message: OutboxMessage;
}

const SUFFIX = '.jsonl';
const CHECKSUM_LENGTH = 16;
/** A file of another host that was not written for so long has lost its writer. */
const ORPHANED_AFTER_MS = 5 * 60_000;

const UNKNOWN_START = '0';
const OWN_START = startOf(process.pid) ?? UNKNOWN_START;

const host = hostname().replace(/[^\w-]/g, '_');

/** Host and process are in the name, so that others can tell whether its writer still lives. */
export function newSpoolName(): string {
  return `${host}.${String(process.pid)}.${OWN_START}.${randomUUID()}${SUFFIX}`;
}

function checksum(json: string): string {
  return createHash('sha256').update(json).digest('hex').slice(0, CHECKSUM_LENGTH);
}

export function lineOf(entry: SpoolEntry): string {
  const json = JSON.stringify(entry);
  return `${checksum(json)} ${json}\n`;
}

/** `undefined` for a line that was cut off or spoilt. */
export function entryOf(line: string): SpoolEntry | undefined {
  const json = line.slice(CHECKSUM_LENGTH + 1);
  if (!line.startsWith(`${checksum(json)} `)) return undefined;
  try {
    return JSON.parse(json) as SpoolEntry;
  } catch {
    return undefined;
  }
}

/** Names of all spool files, oldest first. */
export async function spoolFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const files = await Promise.all(
    names.filter((name) => name.endsWith(SUFFIX)).map(async (name) => ({ name, born: await bornAt(join(dir, name)) })),
  );
  return files.sort((a, b) => a.born - b.born).map(({ name }) => name);
}

async function bornAt(path: string): Promise<number> {
  // Gone meanwhile: whoever opens it finds out.
  return stat(path).then(
    ({ birthtimeMs }) => birthtimeMs,
    () => 0,
  );
}

/** True when nobody writes it any more. `own`: those that this process writes or wrote. */
export async function isClosed(dir: string, name: string, own: ReadonlySet<string>): Promise<boolean> {
  const [writerHost, pid, start] = name.split('.');
  if (own.has(name)) return true;
  // The same number and another start: a process after the writer, as in a container that was started again.
  if (writerHost === host) return startOf(Number(pid)) !== start;
  const { mtimeMs } = await stat(join(dir, name)).catch(() => ({ mtimeMs: Infinity }));
  return Date.now() - mtimeMs > ORPHANED_AFTER_MS;
}

/**
 * When a process began, in clock ticks since the machine did (proc(5), field 22): numbers of processes come back, both
 * together do not. Where there is no /proc the number alone has to do. `undefined` when there is no such process.
 */
function startOf(pid: number): string | undefined {
  try {
    // The name of the program is in parentheses, and may hold anything.
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return isAlive(pid) && !existsSync('/proc/self/stat') ? UNKNOWN_START : undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes the names in a folder survive a crash of the machine. */
export async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
