import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';

import { Ids, UnitOfWork } from '#kernel';
import { AppLogger } from '#platform/logging';
import { Database, isDatabaseUnavailable } from '#platform/persistence';

import { FileEventSpool } from './event-spool.file.js';
import { SpoolSettings } from './event-spool.js';
import { Outbox, type OutboxMessage } from './outbox.js';
import { entryOf, type SpoolEntry } from './spool-files.js';

const INTERVAL_MS = 1_000;
const AT_ONCE = 200;

const POSITION = `
  INSERT INTO user_service.outbox_spools AS s (file, bytes) VALUES ($1, 0)
  ON CONFLICT (file) DO UPDATE SET updated_at = now() RETURNING bytes::float8 AS bytes`;
const MOVE = 'UPDATE user_service.outbox_spools SET bytes = $2, updated_at = now() WHERE file = $1';
// Long after anybody could still hold a file open that was drained.
const FORGET = `DELETE FROM user_service.outbox_spools WHERE updated_at < now() - interval '30 days'`;
const STORED = `
  SELECT id FROM user_service.outbox WHERE id = ANY ($1::uuid[])
  UNION ALL SELECT event_id FROM user_service.outbox_dead_letters WHERE event_id = ANY ($1::uuid[])`;

interface Line {
  /** Where it begins, in bytes. */
  readonly at: number;
  /** `undefined` where it was cut off or spoilt. */
  readonly entry: SpoolEntry | undefined;
}

/** A part of a file: what is in it, and where the next one begins. */
interface Page {
  readonly lines: readonly Line[];
  readonly end: number;
}

interface Taken {
  readonly drained: number;
  readonly torn: number;
}

/**
 * Brings what was spooled into the outbox once PostgreSQL is back, in order. How far a file is drained is written in the
 * transaction of what it brought, so a crash at any point neither loses an event nor brings one twice.
 */
@Injectable()
export class SpoolDrainer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(
    private readonly spool: FileEventSpool,
    private readonly settings: SpoolSettings,
    private readonly outbox: SpoolTarget,
    private readonly logger: AppLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.#running = this.keepDraining();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  private async keepDraining(): Promise<void> {
    await this.drain().catch((error: unknown) => {
      // The spool is there because PostgreSQL is away: nothing new.
      if (!isDatabaseUnavailable(error)) {
        this.logger.error({ event: 'audit.spool_not_drained', err: error }, 'Spooled events stay where they are');
      }
    });
    if (this.#stopping) return;
    this.#timer = setTimeout(() => {
      this.#running = this.keepDraining();
    }, INTERVAL_MS).unref();
  }

  private async drain(): Promise<void> {
    for (const name of await this.spool.closedFiles()) {
      if (this.#stopping) return;
      await this.drainFile(name);
    }
  }

  private async drainFile(name: string): Promise<void> {
    const path = join(this.settings.dir, name);
    let end = 0;
    for await (const page of pagesOf(path)) {
      if (this.#stopping) return;
      this.report(await this.outbox.take(name, page));
      end = page.end;
    }
    await this.spool.remove(name, end);
  }

  private report({ drained, torn }: Taken): void {
    this.spool.count('drained', drained);
    this.spool.count('torn', torn);
    if (torn === 0) return;
    const line = { event: 'audit.spool_torn', count: torn };
    this.logger.error(line, 'Lines of the spool were cut off or spoilt, and were skipped');
  }
}

/** The outbox, as the spool sees it. */
@Injectable()
export class SpoolTarget {
  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly ids: Ids,
  ) {}

  /** Adds what a page holds and was not added before. */
  take(file: string, { lines, end }: Page): Promise<Taken> {
    return this.uow.run(async () => {
      // The row is locked until the end: of two processes that drain one file each page counts once.
      const [position] = await this.database.query<{ bytes: number }>(POSITION, [file]);
      const fresh = lines.filter(({ at }) => at >= (position?.bytes ?? 0));
      if (fresh.length === 0) return { drained: 0, torn: 0 };
      const entries = fresh.flatMap(({ entry }) => entry ?? []);
      const messages = await this.notStored(entries);
      if (messages.length > 0) await this.outbox.append(messages);
      await this.database.query(MOVE, [file, end]);
      await this.database.query(FORGET);
      return { drained: messages.length, torn: fresh.length - entries.length };
    });
  }

  private async notStored(entries: readonly SpoolEntry[]): Promise<OutboxMessage[]> {
    const doubtful = entries.flatMap(({ unlessStored }) => unlessStored ?? []);
    const rows = doubtful.length === 0 ? [] : await this.database.query<{ id: string }>(STORED, [doubtful]);
    const stored = new Set(rows.map(({ id }) => id));
    return entries
      .filter(({ unlessStored }) => unlessStored === undefined || !stored.has(unlessStored))
      .map(({ message }) => {
        // Its old id may have been delivered meanwhile; the same id with another place would break the chain.
        const id = this.ids.uuid();
        return { ...message, id, payload: { ...(message.payload as object), id } };
      });
  }
}

async function* pagesOf(path: string): AsyncGenerator<Page> {
  let lines: Line[] = [];
  let end = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    lines.push({ at: end, entry: entryOf(line) });
    end += Buffer.byteLength(line) + 1;
    if (lines.length < AT_ONCE) continue;
    yield { lines, end };
    lines = [];
  }
  if (lines.length > 0) yield { lines, end };
}
