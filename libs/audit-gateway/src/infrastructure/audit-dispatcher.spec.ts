import { setTimeout as delay } from 'node:timers/promises';

import { beforeEach, describe, expect, it } from '@jest/globals';

import { OutboxWake } from '#platform/outbox';

import {
  CountingMonitor,
  InMemoryOutboxLanes,
  ScriptedReceiver,
  SettablePacing,
} from '../../testing/delivery-fakes.js';
import { Deliver } from '../application/deliver.js';
import { ShipLane } from '../application/ship-lane.js';
import type { Answer, Batch } from '../domain/delivery.js';
import { AuditDispatcher } from './audit-dispatcher.js';
import type { OutboxHints } from './outbox-hints.postgres.js';
import { SHIPPED_AT_ONCE } from './shipped-at-once.js';

const BATCH = 10;

/** Takes its time, and sees how many are sent at once. */
class SlowReceiver extends ScriptedReceiver {
  sendMs = 5;
  most = 0;
  /** In the order in which their batches began. */
  readonly lanes: number[] = [];
  onSend = (): void => undefined;
  #atWork = 0;

  override async send(batch: Batch): Promise<Answer> {
    this.lanes.push(batch.lane);
    this.#atWork += 1;
    this.most = Math.max(this.most, this.#atWork);
    this.onSend();
    await delay(this.sendMs);
    this.#atWork -= 1;
    return super.send(batch);
  }
}

describe('The audit dispatcher', () => {
  let pacing: SettablePacing;
  let lanes: InMemoryOutboxLanes;
  let receiver: SlowReceiver;

  beforeEach(() => {
    pacing = new SettablePacing();
    lanes = new InMemoryOutboxLanes(pacing);
    receiver = new SlowReceiver(pacing);
  });

  /** Ships so many lanes of four batches each. */
  async function ship(count: number): Promise<void> {
    const monitor = new CountingMonitor();
    const shipLane = new ShipLane(lanes, receiver, monitor, pacing, { batchSize: BATCH });
    const deliver = new Deliver(lanes, shipLane, monitor, pacing);
    const hints = { listen: () => undefined, close: async () => undefined } as unknown as OutboxHints;
    for (let lane = 0; lane < count; lane += 1) lanes.fill(lane, 4 * BATCH);
    const dispatcher = new AuditDispatcher(deliver, lanes, receiver, new OutboxWake(), hints);
    dispatcher.onApplicationBootstrap();
    while (lanes.left > 0) await delay(2);
    await dispatcher.beforeApplicationShutdown();
  }

  it('ships several lanes side by side', async () => {
    await ship(8);

    expect(receiver.most).toBe(SHIPPED_AT_ONCE);
  });

  it('ships one lane at a time while calls wait for a core', async () => {
    pacing.crowded = true;
    await ship(8);

    expect(receiver.most).toBe(1);
  });

  it('ships the others again when none waits any more, however long the one takes that is at work', async () => {
    pacing.crowded = true;
    receiver.sendMs = 400;
    // Once everybody has seen it.
    receiver.onSend = () => {
      setTimeout(() => (pacing.crowded = false), 50);
    };
    await ship(2);

    expect(receiver.lanes.slice(0, 2)).toEqual([0, 1]);
  });
});
