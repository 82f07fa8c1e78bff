import { setTimeout as delay } from 'node:timers/promises';

import { Inject, Injectable } from '@nestjs/common';

import { HashGate } from '#platform/hashing';

import { Pacing } from '../application/ports.js';

// After an outage all lanes have work for some seconds, and would take the cores of the hashes that people wait for.
const ROOM = 3;
// Far less than a lease.
const LONGEST_PAUSE_MS = 1_000;

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

  async makeRoom(workedMs: number): Promise<void> {
    if (this.gate.stats.queued > 0) await delay(Math.min(ROOM * workedMs, LONGEST_PAUSE_MS));
  }
}
