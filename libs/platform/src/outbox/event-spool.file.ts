import { randomUUID } from 'node:crypto';
import { open, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

import { AppLogger } from '#platform/logging';
import { type LabelledCounter, MetricsRegistry } from '#platform/metrics';
import { makeFolder } from '#platform/system';

import { EventSpool, SpoolFull, SpoolSettings } from './event-spool.js';
import { isClosed, lineOf, newSpoolName, spoolFiles, syncFolder, type SpoolEntry } from './spool-files.js';

const RESULTS = ['stored', 'drained', 'refused', 'torn'] as const;
/** Of what the spool may hold: a file that is drained gives its room back. */
const FILES = 8;

interface OpenFile {
  readonly name: string;
  readonly handle: FileHandle;
  readonly inode: number;
  bytes: number;
}

/** Checksummed JSON lines in files of this process, on the disk (fdatasync) before anybody is told so. */
@Injectable()
export class FileEventSpool extends EventSpool implements OnApplicationShutdown {
  readonly #events: LabelledCounter;
  /** Files that this process wrote and closed. */
  readonly #closed = new Set<string>();
  #current: OpenFile | undefined;
  /** Of all files that are there and this process knows of. */
  #bytes = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly settings: SpoolSettings,
    private readonly logger: AppLogger,
    metrics: MetricsRegistry,
  ) {
    super();
    this.#events = metrics.counter('audit_spool_events_total', 'Events of the spool', 'result', RESULTS);
    metrics.gauge('audit_spool_bytes', 'Bytes that wait for PostgreSQL', () => this.#bytes);
    metrics.gauge('audit_spool_limit_bytes', 'What the spool may hold', () => settings.maxBytes);
  }

  async keep(entries: readonly SpoolEntry[]): Promise<void> {
    const text = Buffer.from(entries.map(lineOf).join(''));
    try {
      // One after the other, or lines could end up within each other.
      await this.inTurn(() => this.append(text));
    } catch (error) {
      this.count('refused', entries.length);
      this.logger.error({ event: 'audit.spool_failed', err: error }, 'Audit events could not be kept');
      throw error;
    }
    this.count('stored', entries.length);
  }

  /** Files that can be drained, oldest first. The one that is being written is closed for it. */
  async closedFiles(): Promise<string[]> {
    await this.inTurn(() => this.rotate());
    const { dir } = this.settings;
    const closed: string[] = [];
    let bytes = 0;
    for (const name of await spoolFiles(dir)) {
      bytes += await sizeOf(join(dir, name));
      if (name !== this.#current?.name && (await isClosed(dir, name, this.#closed))) closed.push(name);
    }
    // Also what others left behind, or are writing.
    this.#bytes = bytes;
    return closed;
  }

  /** All of the file, up to `drained` bytes, is in the outbox. One that has grown since stays, to be drained again. */
  async remove(name: string, drained: number): Promise<void> {
    const path = join(this.settings.dir, name);
    const size = await sizeOf(path);
    if (size > drained) return;
    this.#bytes = Math.max(0, this.#bytes - size);
    await unlink(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
    this.#closed.delete(name);
    await syncFolder(this.settings.dir);
  }

  count(result: (typeof RESULTS)[number], times: number): void {
    for (let counted = 0; counted < times; counted += 1) this.#events.increment(result);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.inTurn(() => this.rotate());
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  private async append(text: Buffer): Promise<void> {
    const { dir, maxBytes } = this.settings;
    if (this.#bytes + text.length > maxBytes) throw new SpoolFull();
    if (this.#current !== undefined && this.#current.bytes >= maxBytes / FILES) await this.rotate();
    const file = (this.#current ??= await openNew(dir));
    try {
      await file.handle.appendFile(text);
      await file.handle.datasync();
    } catch (error) {
      // What of it is on the disk nobody knows; the next one begins on a clean page.
      await this.rotate();
      throw error;
    }
    file.bytes += text.length;
    this.#bytes += text.length;
    // Drained by another process that took us for dead: what was written now would be gone with the file.
    if ((await inodeOf(join(dir, file.name))) === file.inode) return;
    await this.rotate();
    await this.append(text);
  }

  private async rotate(): Promise<void> {
    const file = this.#current;
    if (file === undefined) return;
    this.#current = undefined;
    this.#closed.add(file.name);
    await file.handle.close();
  }
}

/**
 * Makes the folder of a spool and writes to it, so that a start can be refused for it: later, it would be missed when
 * PostgreSQL is away.
 *
 * @throws Error when that is impossible
 */
export async function proveSpoolFolder(dir: string): Promise<void> {
  await makeFolder(dir);
  const path = join(dir, `${randomUUID()}.probe`);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.datasync();
  } finally {
    await file.close();
    await unlink(path);
  }
}

async function openNew(dir: string): Promise<OpenFile> {
  await makeFolder(dir);
  const name = newSpoolName();
  const handle = await open(join(dir, name), 'ax', 0o600);
  const { ino } = await handle.stat();
  await syncFolder(dir);
  return { name, handle, inode: ino, bytes: 0 };
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function inodeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ ino }) => ino,
    () => 0,
  );
}
