import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

import { Announce } from '../application/announce.js';

/** Tells of the stop while the database can still be written. */
@Injectable()
export class StopAnnouncer implements BeforeApplicationShutdown {
  constructor(private readonly announce: Announce) {}

  async beforeApplicationShutdown(): Promise<void> {
    // Neither the database nor the disk takes it: the process ends all the same.
    await this.announce.stopped().catch(() => undefined);
  }
}
