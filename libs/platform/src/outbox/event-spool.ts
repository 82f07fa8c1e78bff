import type { SpoolEntry } from './spool-files.js';

/** Where events go that PostgreSQL cannot take now. */
export abstract class EventSpool {
  /**
   * Resolves when the entries are on the disk.
   *
   * @throws Error when they are not: the spool is full, or the disk fails
   */
  abstract keep(entries: readonly SpoolEntry[]): Promise<void>;
}

export abstract class SpoolSettings {
  /** Must be on a disk that outlives the process. */
  abstract readonly dir: string;
  abstract readonly maxBytes: number;
}

/** The spool holds as much as it may. */
export class SpoolFull extends Error {
  constructor() {
    super('The spool of audit events is full');
    this.name = 'SpoolFull';
  }
}
