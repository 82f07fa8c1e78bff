import { describe, expect, it } from '@jest/globals';

import type { SealedAuditEvent } from '#platform/audit-chain';

import { sealedEvents } from '../../../../libs/platform/testing/sealed-events.js';
import { VerifyLanes } from './lane-states.js';
import { EventStore, type EventPage, type StoredBatch, type StoredEntry } from './ports.js';

/** Lanes in memory; nothing else of the port is needed here. */
class Lanes extends EventStore {
  readonly kept = new Map<number, SealedAuditEvent[]>();
  /** First places that were asked for, in order. */
  readonly asked: string[] = [];
  fails = false;
  /** Nobody gets an answer before it. */
  open: Promise<void> = Promise.resolve();

  override add(): Promise<StoredBatch> {
    return Promise.reject(new Error('not asked for'));
  }

  override events(): Promise<EventPage | undefined> {
    return Promise.reject(new Error('not asked for'));
  }

  override async lanes(): Promise<readonly number[]> {
    await this.open;
    if (this.fails) throw new Error('the database is away');
    return [...this.kept.keys()];
  }

  override async entries(lane: number, after: bigint, limit: number): Promise<readonly StoredEntry[]> {
    this.asked.push(`${String(lane)}>${String(after)}`);
    const found = (this.kept.get(lane) ?? []).filter(({ sequence }) => BigInt(sequence) > after).slice(0, limit);
    return found.map((event) => ({ sequence: BigInt(event.sequence), entry: { event } }));
  }
}

class Impatient extends VerifyLanes {
  protected override readonly patienceMs = 10;
}

describe('What is known of the lanes', () => {
  it('comes from their beginning first, then from where they were left', async () => {
    const store = new Lanes();
    const events = sealedEvents(3);
    store.kept.set(3, events.slice(0, 2));
    const lanes = new VerifyLanes(store);

    expect((await lanes.current()).lanes).toMatchObject([{ lane: 3, count: 2, chainOk: true }]);
    store.kept.set(3, events);
    expect((await lanes.current()).lanes).toMatchObject([{ lane: 3, count: 3, chainOk: true }]);
    expect(store.asked).toEqual(['3>0', '3>2']);
  });

  it('is proven from the beginning again when a place was filled that had been passed', async () => {
    const store = new Lanes();
    const events = sealedEvents(3);
    store.kept.set(3, events.toSpliced(1, 1));
    const lanes = new VerifyLanes(store);
    expect((await lanes.current()).chainOk).toBe(false);

    store.kept.set(3, events);
    lanes.filled(3, 2n);

    expect((await lanes.current()).chainOk).toBe(true);
  });

  it('is proven from the beginning whenever somebody wants the proof', async () => {
    const store = new Lanes();
    const events = sealedEvents(3);
    store.kept.set(3, events);
    const lanes = new VerifyLanes(store);
    await lanes.current();

    store.kept.set(3, events.with(0, { ...events[0]!, type: 'session.logged_out' }));

    expect((await lanes.current()).chainOk).toBe(true);
    expect((await lanes.verify()).lanes[0]!.firstFault).toMatchObject({ kind: 'altered' });
  });

  it('takes pages one after another, however long a lane is', async () => {
    const store = new Lanes();
    store.kept.set(3, sealedEvents(1_200));

    expect((await new VerifyLanes(store).current()).lanes[0]).toMatchObject({ count: 1_200, chainOk: true });
    expect(store.asked).toEqual(['3>0', '3>500', '3>1000']);
  });

  it('is asked for once by many who ask at the same time', async () => {
    const store = new Lanes();
    store.kept.set(3, sealedEvents(2));
    const lanes = new VerifyLanes(store);

    const answers = await Promise.all(Array.from({ length: 50 }, () => lanes.current()));

    expect(new Set(answers.map(({ lanes: [lane] }) => lane!.count))).toEqual(new Set([2]));
    expect(store.asked.length).toBeLessThanOrEqual(2);
  });

  it('is what it was before for whoever would wait too long', async () => {
    const store = new Lanes();
    store.kept.set(3, sealedEvents(2));
    const lanes = new Impatient(store);
    let release: () => void = () => undefined;
    store.open = new Promise((resolve) => (release = resolve));

    expect(await lanes.current()).toEqual({ chainOk: true, verifiedAt: null, lanes: [] });
    release();
    await lanes.verify();
    expect(await lanes.current()).toMatchObject({ verifiedAt: expect.any(Date), lanes: [{ count: 2 }] });
  });

  it('comes again after a failure, which everybody is told who asked', async () => {
    const store = new Lanes();
    store.kept.set(3, sealedEvents(2));
    const lanes = new VerifyLanes(store);
    store.fails = true;
    await expect(lanes.current()).rejects.toThrow('the database is away');

    store.fails = false;

    expect((await lanes.current()).chainOk).toBe(true);
  });
});
