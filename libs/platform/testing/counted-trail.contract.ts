import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ClsServiceManager } from 'nestjs-cls';

import type { DomainEvent } from '#kernel';
import { RequestContext } from '#platform/context';

import { InMemoryUnitOfWork } from './in-memory-unit-of-work.js';
import { SettableClock } from './settable-clock.js';

/** Whose next event can be kept waiting. */
class HeldUnitOfWork extends InMemoryUnitOfWork {
  readonly origins: unknown[] = [];
  readonly actors: unknown[] = [];
  #held: Promise<void> | undefined;

  constructor(private readonly context: RequestContext) {
    super();
  }

  /** It waits until it is let go, or fails. */
  holdNext(): { readonly go: () => void; readonly fail: () => void } {
    let settle: [go: () => void, fail: (error: Error) => void] = [() => undefined, () => undefined];
    this.#held = new Promise<void>((resolve, reject) => {
      settle = [resolve, reject];
    });
    const [go, fail] = settle;
    return {
      go,
      fail: () => {
        fail(new Error('down'));
      },
    };
  }

  override async tell(...events: readonly DomainEvent[]): Promise<void> {
    const { requestId, ip } = this.context.info ?? {};
    this.origins.push([ip, requestId?.startsWith('of ') === true ? requestId : 'none']);
    this.actors.push(this.context.actor);
    const held = this.#held;
    this.#held = undefined;
    await held;
    await super.tell(...events);
  }
}

export interface TrailWorld {
  readonly uow: InMemoryUnitOfWork;
  readonly context: RequestContext;
  readonly clock: SettableClock;
}

/** What tells of something at once when it happens first, and by its number as long as it goes on. */
export interface TrailUnderTest {
  /** It happens once more, within the request at work; what it returns is of no interest. */
  readonly happen: (key: string) => unknown;
  readonly stop: () => Promise<void>;
  /** Which key an event is about; by itself that is the user. */
  readonly keyOf?: (event: DomainEvent) => string | null;
}

export interface TrailLimits {
  readonly windowMs: number;
  /** How many keys are told apart in one window; by itself that is another test's business. */
  readonly most?: number;
}

/** What every such trail does, the general one and those that are made of it. */
export function describeCountedTrail(
  name: string,
  { windowMs, most }: TrailLimits,
  open: (world: TrailWorld) => TrailUnderTest,
): void {
  let uow: HeldUnitOfWork;
  let context: RequestContext;
  let trail: TrailUnderTest;

  const told = (): [string | null, number][] =>
    uow.published.map((event) => [
      trail.keyOf === undefined ? event.userId : trail.keyOf(event),
      (event.data as { count: number }).count,
    ]);
  const sum = (): number => told().reduce((all, [, count]) => all + count, 0);
  const pass = (windows: number): Promise<void> => jest.advanceTimersByTimeAsync(windows * windowMs);
  const happen = async (key: string, times = 1, ip = '203.0.113.7'): Promise<void> => {
    const request = { requestId: `of ${key}`, userAgent: 'curl', ip, language: 'en' } as const;
    for (let time = 0; time < times; time += 1) {
      context.run(request, { type: 'user', id: key }, () => void trail.happen(key));
    }
    await jest.advanceTimersByTimeAsync(0);
  };

  describe(`LG-11 ${name}`, () => {
    beforeEach(() => {
      Logger.overrideLogger(false);
      jest.useFakeTimers();
      context = new RequestContext(ClsServiceManager.getClsService());
      uow = new HeldUnitOfWork(context);
      trail = open({ uow, context, clock: new SettableClock() });
    });
    afterEach(async () => {
      await trail.stop();
      jest.useRealTimers();
    });

    it('are told of at once, and then by their number once a window, until there are none', async () => {
      await happen('one', 100);
      await happen('two');
      expect(told()).toEqual([
        ['one', 1],
        ['two', 1],
      ]);
      await pass(1);
      expect(told().slice(2)).toEqual([['one', 99]]);
      await pass(10);
      expect(told()).toHaveLength(3);

      await happen('one');
      expect(told().slice(3)).toEqual([['one', 1]]);
    });

    it('are told of with the next ones when the write of their number fails', async () => {
      await happen('one', 3);
      uow.holdNext().fail();
      await pass(1);
      await happen('one', 4);
      expect(sum()).toBe(1);
      await pass(1);

      expect(told().slice(1)).toEqual([['one', 6]]);
    });

    it('are not forgotten when that write takes longer than a window and fails then', async () => {
      await happen('one', 3);
      const write = uow.holdNext();
      await pass(2.5);
      write.fail();
      await pass(2);

      expect(told()).toEqual([
        ['one', 1],
        ['one', 2],
      ]);
    });

    it('are told of one after the other, and not twice at a time, however long a write takes', async () => {
      for (const key of ['one', 'two', 'three']) await happen(key, 2);
      const write = uow.holdNext();
      await pass(3.5);
      expect(sum()).toBe(3);
      await happen('one', 5);
      write.go();
      await pass(2);

      expect(told().slice(3)).toEqual([
        ['one', 1],
        ['two', 1],
        ['three', 1],
        ['one', 5],
      ]);
    });

    it('are told of before the process ends, also those whose write is under way and fails', async () => {
      await happen('one', 3);
      await happen('two');
      const write = uow.holdNext();
      await pass(1.5);
      await happen('two', 2);
      const stopped = trail.stop();
      write.fail();
      await stopped;

      expect(sum()).toBe(6);
    });

    it('are told of as the request that came first, and then as none, but as from where it came', async () => {
      await happen('one', 2, '203.0.113.7');
      await happen('two', 2, '198.51.100.7');
      await pass(1);

      expect(uow.origins).toEqual([
        ['203.0.113.7', 'of one'],
        ['198.51.100.7', 'of two'],
        ['203.0.113.7', 'none'],
        ['198.51.100.7', 'none'],
      ]);
    });

    if (most === undefined) return;
    it('are told apart by so many keys and no more, but none is left out', async () => {
      for (let key = 0; key < most + 20; key += 1) await happen(`key ${String(key)}`);
      expect(told()).toHaveLength(most + 1);
      await pass(2);
      expect(told()).toHaveLength(most + 2);
      expect(sum()).toBe(most + 20);
      expect(
        told()
          .slice(most)
          .map(([key]) => key),
      ).toEqual([null, null]);
      expect(uow.actors.slice(most, most + 2)).toEqual([{ type: 'anonymous' }, { type: 'anonymous' }]);

      await happen('one more');
      expect(told().at(-1)).toEqual(['one more', 1]);
    });
  });
}
