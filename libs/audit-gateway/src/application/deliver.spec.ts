import { beforeEach, describe, expect, it } from '@jest/globals';

import {
  CountingMonitor,
  InMemoryOutboxLanes,
  ScriptedReceiver,
  SettablePacing,
  status,
} from '../../testing/delivery-fakes.js';
import type { Batch } from '../domain/delivery.js';
import { Deliver } from './deliver.js';
import { ShipLane } from './ship-lane.js';

const BATCH = 500;
const MINUTE = 60_000;

let pacing: SettablePacing;
let lanes: InMemoryOutboxLanes;
let receiver: ScriptedReceiver;
let monitor: CountingMonitor;
let shipLane: ShipLane;
let deliver: Deliver;

beforeEach(() => {
  pacing = new SettablePacing();
  lanes = new InMemoryOutboxLanes(pacing);
  receiver = new ScriptedReceiver(pacing);
  monitor = new CountingMonitor();
  shipLane = new ShipLane(lanes, receiver, monitor, pacing, { batchSize: BATCH });
  deliver = new Deliver(lanes, shipLane, monitor, pacing);
});

const look = (): Promise<number> =>
  deliver.execute(
    () => false,
    () => undefined,
  );

/** Looks as often as it is told to, for so long. */
async function pass(ms: number): Promise<void> {
  for (const end = pacing.ms + ms; pacing.ms < end;) {
    const pause = await look();
    pacing.ms += Math.max(pause, 1);
  }
}

const ids = ({ events }: Batch): string[] => events.map(({ id }) => id);

describe('Delivery', () => {
  it('sends what waits in a lane in order, batch after batch, and removes what was confirmed', async () => {
    const added = lanes.fill(0, 1_100);
    await look();

    expect(receiver.batches.flatMap(ids)).toEqual(added);
    expect(receiver.batches.map(({ events }) => events.length)).toEqual([500, 500, 100]);
    expect(lanes.left).toBe(0);
    expect(monitor.totals).toEqual({ delivered: 1_100, duplicates: 0, rejected: 0 });
  });

  it('ends a turn after each batch while others wait for a core, and takes the oldest next', async () => {
    lanes.fill(0, 1_100, () => 20);
    lanes.fill(1, 600, () => 10);
    pacing.crowded = true;
    await look();
    expect(receiver.batches.map(({ lane, events }) => [lane, events.length])).toEqual([[0, 500]]);
    expect(lanes.lanes.get(0)?.isHeld).toBe(false);

    for (let turn = 0; turn < 4; turn += 1) await look();
    expect(receiver.batches.map(({ lane }) => lane)).toEqual([0, 0, 0, 1, 1]);
    expect(lanes.left).toBe(0);
  });

  it('says when there is nothing to do', async () => {
    expect(await look()).toBeGreaterThan(0);
    lanes.fill(0, 1);
    expect(await look()).toBe(0);
  });

  it('ends a turn, so that another lane is not kept waiting by a long one', async () => {
    lanes.fill(0, 30 * BATCH);
    await look();

    expect(receiver.batches).toHaveLength(20);
    expect(lanes.lanes.get(0)?.isHeld).toBe(false);
  });

  it('works off what has piled up oldest first over all lanes, and not one lane after the other', async () => {
    // Ten minutes of an outage in each of four lanes, ten batches each.
    for (let lane = 0; lane < 4; lane += 1) lanes.fill(lane, 10 * BATCH, (index) => 600 * (1 - index / (10 * BATCH)));
    while (lanes.left > 0) await look();
    const ages = receiver.batches.map(({ ageSeconds }) => ageSeconds);
    const behind = ages.map((age, at) => age - Math.min(...ages.slice(0, at + 1)));

    expect(receiver.batches).toHaveLength(40);
    // A batch is a minute of it; a turn ends with the second one.
    expect(Math.max(...behind)).toBeLessThanOrEqual(120);
  });

  it('stops between two batches when it is told to', async () => {
    lanes.fill(0, 3 * BATCH);
    await deliver.execute(
      () => receiver.batches.length > 0,
      () => undefined,
    );

    expect(receiver.batches).toHaveLength(1);
    expect(lanes.lanes.get(0)?.isHeld).toBe(false);
  });

  it('keeps only what was rejected, as dead letters', async () => {
    const [first = ''] = lanes.fill(0, 3);
    const rejection = { eventId: first, code: 'unknown_type', detail: 'no' };
    receiver.answer = () => status(202, { receipt: { accepted: 1, duplicates: 1, rejected: [rejection] } });
    await look();

    expect(lanes.deadLetters).toEqual([rejection]);
    expect(lanes.left).toBe(0);
    expect(monitor.totals).toEqual({ delivered: 1, duplicates: 1, rejected: 1 });
  });

  it('goes on after a database that was away, without asking it all the time', async () => {
    lanes.fill(0, 1);
    const { claim } = lanes;
    lanes.claim = () => Promise.reject(new Error('away'));
    const pauses = [await look(), await look(), await look(), await look(), await look(), await look()];
    lanes.claim = claim.bind(lanes);
    await look();

    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000]);
    expect(monitor.outages).toBe(6);
    expect(lanes.left).toBe(0);
  });
});

describe('AU-06 A batch that is refused as a whole', () => {
  const poison = (bad: string) => (batch: Batch) =>
    ids(batch).includes(bad)
      ? status(422, { detail: 'poison' })
      : status(202, { receipt: { accepted: batch.events.length, duplicates: 0, rejected: [] } });

  it('is halved until the poisonous event is alone, and that one is set aside', async () => {
    const added = lanes.fill(0, 1_000);
    const bad = added[437] ?? '';
    receiver.answer = poison(bad);
    await pass(100);

    expect(lanes.deadLetters).toEqual([{ eventId: bad, code: 'status_422', detail: 'poison' }]);
    expect(lanes.left).toBe(0);
    expect(monitor.totals).toEqual({ delivered: 999, duplicates: 0, rejected: 1 });
    // Halving and growing again: a few batches more, not hundreds.
    expect(receiver.batches.length).toBeLessThan(40);
  });

  it('because it is too large, is sent in parts that fit, and one that never fits is set aside', async () => {
    lanes.fill(0, 200);
    receiver.answer = (batch) => (batch.events.length > 60 ? status(413) : poison('')(batch));
    await pass(100);
    expect(lanes.left).toBe(0);
    expect(lanes.deadLetters).toEqual([]);

    lanes.fill(0, 1);
    receiver.answer = () => status(413);
    await pass(100);
    expect(lanes.deadLetters).toHaveLength(1);
  });

  it('does not hold up other lanes', async () => {
    const added = lanes.fill(0, 400);
    receiver.answer = poison(added[0] ?? '');
    lanes.fill(1, 10);
    await pass(100);

    expect(lanes.left).toBe(0);
  });
});

describe('AU-07 A receiver that does not take events', () => {
  it.each([
    ['is down', { kind: 'unreachable' }],
    ['hangs', { kind: 'timeout' }],
    ['fails', status(500)],
    ['is something else', status(200)],
    ['sends us elsewhere', status(302)],
    ['refuses the key', status(401)],
    ['refuses what the key may do', status(403)],
  ] as const)('and %s: is asked less than once a second after a minute, and nothing is lost', async (_how, answer) => {
    for (let lane = 0; lane < 8; lane += 1) lanes.fill(lane, 100);
    receiver.answer = () => answer;
    await pass(10 * MINUTE);
    const late = receiver.times.filter((time) => time > MINUTE);

    expect(lanes.left).toBe(800);
    expect(late.length).toBeGreaterThan(0);
    expect(late.length).toBeLessThan((9 * MINUTE) / 1_000);
    // No pause is longer than 60 s: it will notice when the receiver is back.
    expect(Math.max(...late.slice(1).map((time, at) => time - (late[at] ?? 0)))).toBeLessThan(62_000);
  });

  it.each([401, 403])('and answers %d is asked every half minute at most, by whatever lane', async (code) => {
    for (let lane = 0; lane < 8; lane += 1) lanes.fill(lane, 100);
    receiver.answer = () => status(code);
    await pass(10 * MINUTE);

    expect(shipLane.breaker.isUnauthorized).toBe(true);
    expect(receiver.times.length).toBeGreaterThan(9);
    expect(receiver.times.length).toBeLessThanOrEqual(20);
  });

  it('is asked by one lane at a time once it has failed a few times', async () => {
    for (let lane = 0; lane < 8; lane += 1) lanes.fill(lane, 1);
    receiver.answer = () => status(503);
    await pass(MINUTE);
    const before = receiver.batches.length;
    pacing.ms += MINUTE;
    await Promise.all(Array.from({ length: 4 }, look));

    expect(receiver.batches.length - before).toBe(1);
  });

  it('is given the time that it asks for', async () => {
    lanes.fill(0, 1);
    receiver.answer = () => status(429, { retryAfterSeconds: 30 });
    await pass(29_000);
    const early = receiver.batches.length;
    await pass(30_000);

    expect(early).toBe(1);
    expect(receiver.batches).toHaveLength(2);
  });

  it('says for all lanes how long it wants to be left alone', async () => {
    for (let lane = 0; lane < 8; lane += 1) lanes.fill(lane, 1);
    receiver.answer = () => status(503, { retryAfterSeconds: 30 });
    await pass(29_000);

    expect(receiver.batches).toHaveLength(1);
  });

  it.each([400, 422])('is not the one who answers %d without a word about it: nothing is set aside', async (code) => {
    lanes.fill(0, 4);
    receiver.answer = () => status(code, { detail: '' });
    await pass(MINUTE);

    expect(lanes.deadLetters).toEqual([]);
    expect(lanes.left).toBe(4);
  });

  it('gets all lanes at once when it is back', async () => {
    for (let lane = 0; lane < 8; lane += 1) lanes.fill(lane, 100);
    receiver.answer = () => status(500);
    await pass(10 * MINUTE);
    receiver.answer = new ScriptedReceiver(pacing).answer;
    const back = pacing.ms;
    while (lanes.left > 0) await pass(1_000);

    expect(pacing.ms - back).toBeLessThan(MINUTE);
    expect(lanes.resumed).toBe(1);
    expect(monitor.retries).toBeGreaterThan(0);
  });

  it('is asked at once when another instance has reached it', async () => {
    lanes.fill(0, 1);
    receiver.answer = () => status(500);
    await pass(10 * MINUTE);
    receiver.answer = new ScriptedReceiver(pacing).answer;
    deliver.resume();
    await look();

    expect(lanes.left).toBe(0);
  });

  it('but only in one lane, is asked about the others all the same', async () => {
    lanes.fill(3, 10);
    receiver.answer = ({ lane, events }) =>
      lane === 3 ? status(500) : status(202, { receipt: { accepted: events.length, duplicates: 0, rejected: [] } });
    await pass(5 * MINUTE);
    for (const lane of [0, 1, 2, 4, 5]) lanes.fill(lane, 100);
    await pass(MINUTE);

    expect(lanes.left).toBe(10);
    expect(lanes.lanes.get(3)?.waiting).toHaveLength(10);
  });
});
