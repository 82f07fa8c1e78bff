import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ClsServiceManager } from 'nestjs-cls';

import { RequestContext } from '#platform/context';

import { describeCountedTrail, type TrailUnderTest, type TrailWorld } from '../../testing/counted-trail.contract.js';
import { CountedTrail } from './counted-trail.js';

const WINDOW_MS = 5_000;
const LIMITS = { windowMs: WINDOW_MS, most: 40 };

function open({ uow, clock, context }: TrailWorld, how: 'count' | 'note'): TrailUnderTest {
  const tell = (userId: string | null, count: number): Promise<void> =>
    uow.tell({ type: 'happened', userId, occurredAt: clock.now(), data: { count } });
  const trail = new CountedTrail<string | null>(context, { untold: 'untold', ...LIMITS, tell });
  const others = { key: 'others', fact: null, actor: { type: 'anonymous' } } as const;
  return { happen: (key) => trail[how]({ key, fact: key }, () => others), stop: () => trail.close() };
}

describeCountedTrail('Things that may come in floods', LIMITS, (world) => open(world, 'count'));
describeCountedTrail('Things whose first one is waited for', LIMITS, (world) => open(world, 'note'));

describe('LG-11 A counted trail', () => {
  const context = new RequestContext(ClsServiceManager.getClsService());
  const failure = new Error('down');
  let told: [string, number][];
  let fails: number;
  let trail: CountedTrail<string>;
  /** What each event waits for. */
  let gate: Promise<void>;

  beforeEach(() => {
    jest.useFakeTimers();
    [told, fails, gate] = [[], 0, Promise.resolve()];
    const tell = async (fact: string, count: number): Promise<void> => {
      await gate;
      fails -= 1;
      if (fails >= 0) throw failure;
      told.push([fact, count]);
    };
    trail = new CountedTrail(context, { untold: 'untold', windowMs: WINDOW_MS, most: 2, tell });
  });
  afterEach(async () => {
    await trail.close();
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  const others = { key: 'others', fact: 'others' };
  const note = (key: string): Promise<void> => trail.note({ key, fact: key }, () => others);
  const count = (key: string): void => {
    trail.count({ key, fact: key }, () => others);
  };
  const pass = (windows: number): Promise<void> => jest.advanceTimersByTimeAsync(windows * WINDOW_MS);

  it('counts a first one for nothing that is waited for and fails, and takes the next one for the first', async () => {
    fails = 1;
    await expect(note('one')).rejects.toThrow(failure);
    await note('one');
    await pass(2);

    expect(told).toEqual([['one', 1]]);
  });

  it('takes the next one for the first also where others were counted while that one was on its way', async () => {
    let go = (): void => undefined;
    gate = new Promise((resolve) => (go = resolve));
    fails = 2;
    const first = note('one');
    await note('one');
    go();
    await expect(first).rejects.toThrow(failure);
    await expect(note('one')).rejects.toThrow(failure);
    await note('one');
    await note('one');
    expect(told).toEqual([['one', 1]]);
    await pass(1);

    expect(told).toEqual([
      ['one', 1],
      ['one', 2],
    ]);
  });

  it('keeps a first one that nobody waits for, and tells of it with the others', async () => {
    fails = 1;
    for (let time = 0; time < 3; time += 1) count('one');
    await pass(1);

    expect(told).toEqual([['one', 3]]);
  });

  it('keeps the number of those that came while a first one was on its way, although both events fail', async () => {
    let go = (): void => undefined;
    gate = new Promise((resolve) => (go = resolve));
    fails = 2;
    const first = note('one');
    await note('one');
    await pass(1);
    go();
    await expect(first).rejects.toThrow(failure);
    await pass(2);

    expect(told).toEqual([['one', 1]]);
  });

  it('counts what is one too many as what it is told to', async () => {
    for (const key of ['one', 'two', 'three', 'four', 'five']) count(key);
    await pass(1);

    expect(told).toEqual([
      ['one', 1],
      ['two', 1],
      ['others', 1],
      ['others', 2],
    ]);
  });

  it('tells of a number as from a network if all of them came from it, and else as from none', async () => {
    const from: unknown[] = [];
    const tell = async (): Promise<void> => {
      from.push(context.info?.ip);
      fails -= 1;
      if (fails >= 0) throw failure;
    };
    trail = new CountedTrail(context, { untold: 'untold', windowMs: WINDOW_MS, most: 2, tell });
    const countFrom = (...ips: string[]): void => {
      for (const ip of ips) {
        context.run({ requestId: ip, ip, language: 'en' }, { type: 'anonymous' }, () => {
          count('one');
        });
      }
    };
    countFrom('203.0.113.7', '198.51.100.1', '198.51.100.2');
    await pass(1);
    countFrom('203.0.113.8', '198.51.100.8');
    await pass(1);
    expect(from).toEqual(['203.0.113.7', '198.51.100.1', undefined]);

    // One that could not be told is told with the next ones, from wherever they come.
    for (const next of ['203.0.113.9', '198.51.100.9']) {
      fails = 1;
      countFrom('203.0.113.8');
      await pass(1);
      countFrom(next);
      await pass(1);
    }
    expect(from.slice(3)).toEqual(['203.0.113.8', '203.0.113.8', '203.0.113.8', undefined]);
  });

  it('says in one line how many events could not be kept', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    for (const key of ['one', 'one', 'two', 'two']) count(key);
    await pass(0);
    fails = 2;
    await pass(1);

    expect(warn.mock.calls).toEqual([[{ event: 'untold', count: 2, code: 'unknown' }]]);
    await pass(1);
    expect(told.slice(2)).toEqual([
      ['one', 1],
      ['two', 1],
    ]);
  });

  it('tells of what nobody asked for as the work of the system', async () => {
    const told: unknown[] = [];
    const tell = async (): Promise<void> => void told.push([context.info?.language, context.actor]);
    trail = new CountedTrail(context, { untold: 'untold', windowMs: WINDOW_MS, most: 2, tell });
    await note('one');

    expect(told).toEqual([['en', { type: 'system' }]]);
  });
});
