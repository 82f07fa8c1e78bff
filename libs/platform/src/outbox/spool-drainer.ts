import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';

import { AppLogger } from '#platform/logging';
import { isDatabaseUnavailable } from '#platform/persistence';

import { FileEventSpool } from './event-spool.file.js';
import { SpoolSettings } from './event-spool.js';
import { entryOf } from './spool-files.js';
import { SpoolTarget, type Line, type Page, type Taken } from './spool-target.js';

const INTERVAL_MS = 1_000;
const AT_ONCE = 200;

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
    // While it is away every look would close a file that has just been opened.
    await this.outbox.probe();
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
      await this.take(name, page);
      end = page.end;
    }
    await this.spool.remove(name, end);
  }

  private async take(name: string, page: Page): Promise<void> {
    try {
      this.report(await this.outbox.take(name, page));
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      // One of them is not to be had; the others must not wait behind it for ever.
      await this.takeEach(name, page);
    }
  }

  private async takeEach(name: string, { lines, end }: Page): Promise<void> {
    for (const [index, line] of lines.entries()) {
      const next = lines[index + 1]?.at ?? end;
      try {
        this.report(await this.outbox.take(name, { lines: [line], end: next }));
      } catch (error) {
        if (isDatabaseUnavailable(error)) throw error;
        this.logger.error({ event: 'audit.spool_refused', err: error }, 'The outbox does not take a spooled event');
        this.report(await this.outbox.take(name, { lines: [{ at: line.at, entry: undefined }], end: next }));
      }
    }
  }

  private report({ drained, torn }: Taken): void {
    this.spool.count('drained', drained);
    this.spool.count('torn', torn);
    if (torn === 0) return;
    const line = { event: 'audit.spool_torn', count: torn };
    this.logger.error(line, 'Lines of the spool were cut off or spoilt, and were skipped');
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
