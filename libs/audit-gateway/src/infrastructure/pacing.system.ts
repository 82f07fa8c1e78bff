import { Inject, Injectable } from '@nestjs/common';

import { HashGate } from '#platform/hashing';

import { Pacing } from '../application/ports.js';

@Injectable()
export class SystemPacing extends Pacing {
  constructor(@Inject(HashGate) private readonly gate: Pick<HashGate, 'stats'>) {
    super();
  }

  now(): number {
    return performance.now();
  }

  random(): number {
    return Math.random();
  }

  // Password hashes are all that takes a core for so long that others queue for it.
  othersWait(): boolean {
    return this.gate.stats.queued > 0;
  }
}
