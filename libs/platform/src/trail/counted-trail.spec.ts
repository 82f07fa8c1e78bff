import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ClsServiceManager } from 'nestjs-cls';

import { RequestContext } from '#platform/context';

import { describeCountedTrail, type TrailUnderTest, type TrailWorld } from '../../testing/counted-trail.contract.js';
import { CountedTrail } from './counted-trail.js';

const WINDOW_MS = 5_000;
const LIMITS = { windowMs: WINDOW_MS, most: 40 };

function open({ uow, clock, context }: TrailWorld, how: 'count' | 'note'): TrailUnderTest {
  const tell = (userId: string, count: number): Promise<void> =>
    uow.tell({ type: 'happened', userId, occurredAt: clock.now(), data: { count } });
  const trail = new CountedTrail<string>(context, { untold: 'untold', ...LIMITS, tell });
  return { happen: (key) => trail[how]({ key, fact: key }), stop: () => trail.close() };
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

  const note = (key: string): Promise<void> => trail.note({ key, fact: key });
  const count = (key: string, others?: string): void => {
    trail.count({ key, fact: key }, others === undefined ? undefined : () => ({ key: others, fact: others }));
  };
  const pass = (windows: number): Promise<void> => jest.advanceTimersByTimeAsync(windows * WINDOW_MS);

  it('counts a first one for nothing that is waited for and fails, and takes the next one for the first', async () => {
    fails = 1;
    await expect(note('one')).rejects.toThrow(failure);
    await note('one');
    await pass(2);

    expect(told).toEqual([['one', 1]]);
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

  it('counts what is one too many as what it is told to, if it is told', async () => {
    for (const key of ['one', 'two', 'three', 'four', 'five']) count(key, 'others');
    count('six');
    await pass(1);

    expect(told).toEqual([
      ['one', 1],
      ['two', 1],
      ['others', 1],
      ['others', 2],
    ]);
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
