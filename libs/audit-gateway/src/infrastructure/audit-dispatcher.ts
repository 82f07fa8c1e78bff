import { setTimeout as delay } from 'node:timers/promises';

import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';

import { OutboxWake } from '#platform/outbox';
import { Wake } from '#platform/system';

import { Deliver } from '../application/deliver.js';
import { AuditReceiver, OutboxLanes } from '../application/ports.js';
import { OutboxHints } from './outbox-hints.postgres.js';
import { RESUMED } from './persistence/outbox-channel.js';
import { SHIPPED_AT_ONCE } from './shipped-at-once.js';

// The wake-up comes from inside of a transaction; by then most have committed.
const COMMIT_MS = 30;
// Under load events come all the time. A batch of them costs what a single one does, so they are gathered meanwhile.
const GATHER_MS = 1_000;
// About what a batch takes: half of the time is left to those who wait for a core.
const ROOM_MS = 50;
// Until a helper looks whether calls still wait for a core.
const CROWD_MS = 200;
// Together far less than a stop may take as a whole (5 s, shutdown.ts): the pools close after this.
const FINISH_MS = 2_000;
const CUT_MS = 1_000;

/**
 * Delivers what is in the outbox, in every instance. One worker looks for lanes, when it is woken and every second; as
 * soon as it finds one, the others look as well, unless calls wait for a core: what has piled up would keep all of them
 * busy for seconds.
 */
@Injectable()
export class AuditDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #helpers = new Wake();
  #running: Promise<unknown> | undefined;
  #stopping = false;
  readonly #isStopping = (): boolean => this.#stopping;
  readonly #onFound = (): void => {
    this.#helpers.call();
  };

  constructor(
    private readonly deliver: Deliver,
    private readonly lanes: OutboxLanes,
    private readonly receiver: AuditReceiver,
    private readonly wake: OutboxWake,
    private readonly hints: OutboxHints,
  ) {}

  onApplicationBootstrap(): void {
    if (this.#running !== undefined) return;
    const helpers = Array.from({ length: SHIPPED_AT_ONCE - 1 }, () => this.help());
    this.#running = Promise.all([this.lead(), ...helpers]);
    this.hints.listen((hint) => {
      if (hint === RESUMED) this.deliver.resume();
      this.wake.call();
    });
  }

  /** Begins nothing new. What is being sent has until the stop. */
  rest(): void {
    this.#stopping = true;
    this.wake.call();
    this.#helpers.call();
  }

  /** Finishes what is being sent, for 2 s at most, then cuts it off, and gives the lanes back. */
  async beforeApplicationShutdown(): Promise<void> {
    this.rest();
    // Of a database that hangs it may never end.
    void this.hints.close();
    await this.restedWithin(FINISH_MS);
    await this.receiver.close();
    await this.restedWithin(CUT_MS);
    // Without it they are free when their leases run out.
    await this.lanes.releaseAll().catch(() => undefined);
  }

  private async lead(): Promise<void> {
    let lastShipped = -Infinity;
    while (!this.#isStopping()) {
      const pause = await this.deliver.execute(this.#isStopping, this.#onFound);
      if (pause === 0) {
        lastShipped = performance.now();
        if (this.deliver.othersWait()) await delay(ROOM_MS);
        continue;
      }
      if (this.#isStopping() || !(await this.wake.wait(pause)) || this.#isStopping()) continue;
      await delay(Math.max(COMMIT_MS, lastShipped + GATHER_MS - performance.now()));
    }
  }

  private async help(): Promise<void> {
    while (!this.#isStopping()) {
      // Who leads may be busy with a slow Audit Service for long: whoever rests for others looks again by themselves.
      if (this.deliver.othersWait()) {
        await this.#helpers.wait(CROWD_MS);
        continue;
      }
      const pause = await this.deliver.execute(this.#isStopping, this.#onFound);
      if (pause > 0 && !this.#isStopping()) await this.#helpers.wait();
    }
  }

  private async restedWithin(ms: number): Promise<void> {
    const patience = new AbortController();
    await Promise.race([this.#running, delay(ms, undefined, { signal: patience.signal }).catch(() => undefined)]);
    patience.abort();
  }
}
