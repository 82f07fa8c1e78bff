import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '#kernel';
import { Database } from '#platform/persistence';

import { Outbox } from './outbox.js';
import type { SpoolEntry } from './spool-files.js';

const POSITION = `
  INSERT INTO user_service.outbox_spools AS s (file, bytes) VALUES ($1, 0)
  ON CONFLICT (file) DO UPDATE SET updated_at = now() RETURNING bytes::float8 AS bytes`;
const MOVE = 'UPDATE user_service.outbox_spools SET bytes = $2, updated_at = now() WHERE file = $1';
// Long after anybody could still hold a file open that was drained.
const FORGET = `DELETE FROM user_service.outbox_spools WHERE updated_at < now() - interval '30 days'`;

export interface Line {
  /** Where it begins, in bytes. */
  readonly at: number;
  /** `undefined` where it was cut off or spoilt. */
  readonly entry: SpoolEntry | undefined;
}

/** A part of a file: what is in it, and where the next one begins. */
export interface Page {
  readonly lines: readonly Line[];
  readonly end: number;
}

export interface Taken {
  readonly drained: number;
  readonly torn: number;
}

/** The outbox, as the spool sees it. */
@Injectable()
export class SpoolTarget {
  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
    private readonly outbox: Outbox,
  ) {}

  /** Adds what a page holds and was not added before. */
  take(file: string, { lines, end }: Page): Promise<Taken> {
    return this.uow.run(async () => {
      // The row is locked until the end: of two processes that drain one file each page counts once.
      const [position] = await this.database.query<{ bytes: number }>(POSITION, [file]);
      const fresh = lines.filter(({ at }) => at >= (position?.bytes ?? 0));
      if (fresh.length === 0) return { drained: 0, torn: 0 };
      const entries = fresh.flatMap(({ entry }) => entry ?? []);
      // Without those whose transaction had committed after all, whether they are here still or were delivered.
      const messages = entries.length === 0 ? [] : await this.outbox.untold(entries.map(({ message }) => message));
      if (messages.length > 0) await this.outbox.append(messages);
      await this.database.query(MOVE, [file, end]);
      await this.database.query(FORGET);
      return { drained: messages.length, torn: fresh.length - entries.length };
    });
  }

  /** Throws when the outbox cannot be written now. */
  async probe(): Promise<void> {
    await this.database.query('SELECT 1');
  }
}
