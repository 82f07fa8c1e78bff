import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';

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

/** Takes its time, and sees how many are sent at once. */
class SlowReceiver extends ScriptedReceiver {
  most = 0;
  #atWork = 0;

  override async send(batch: Batch): Promise<Answer> {
    this.#atWork += 1;
    this.most = Math.max(this.most, this.#atWork);
    await delay(5);
    this.#atWork -= 1;
    return super.send(batch);
  }
}

/** Ships eight lanes of four batches each; answers how many batches were under way at once. */
async function shippedAtOnce(crowded: boolean): Promise<number> {
  const pacing = new SettablePacing();
  pacing.crowded = crowded;
  const lanes = new InMemoryOutboxLanes(pacing);
  const receiver = new SlowReceiver(pacing);
  const monitor = new CountingMonitor();
  const shipLane = new ShipLane(lanes, receiver, monitor, pacing, { batchSize: 10 });
  const deliver = new Deliver(lanes, shipLane, monitor, pacing);
  const hints = { listen: () => undefined, close: async () => undefined } as unknown as OutboxHints;
  for (let lane = 0; lane < 8; lane += 1) lanes.fill(lane, 40);
  const dispatcher = new AuditDispatcher(deliver, lanes, receiver, new OutboxWake(), hints);
  dispatcher.onApplicationBootstrap();
  while (lanes.left > 0) await delay(2);
  await dispatcher.beforeApplicationShutdown();
  return receiver.most;
}

describe('The audit dispatcher', () => {
  it('ships several lanes side by side', async () => {
    expect(await shippedAtOnce(false)).toBe(SHIPPED_AT_ONCE);
  });

  it('ships one lane at a time while calls wait for a core', async () => {
    expect(await shippedAtOnce(true)).toBe(1);
  });
});
