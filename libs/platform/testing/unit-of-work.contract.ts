import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { DomainEvent, UnitOfWork } from '#kernel';

export interface UnitOfWorkSubject {
  readonly uow: UnitOfWork;
  /** Some write that takes part in the running unit of work. */
  write(key: string): Promise<void>;
  /** The keys that were written and committed, sorted. */
  written(): Promise<string[]>;
  /** Types of the committed events, in order. */
  published(): Promise<string[]>;
  close(): Promise<void>;
}

const at = new Date('2026-03-01T09:00:00.000Z');
const event = (type: 'identity.registered' | 'identity.email_verified'): DomainEvent => ({
  type,
  userId: '01938a6e-0000-7000-8000-00000000aaaa',
  occurredAt: at,
  data: type === 'identity.registered' ? { renewed: false } : {},
});

/** What every `UnitOfWork` does, real or fake. */
export function describeUnitOfWork(name: string, start: () => Promise<UnitOfWorkSubject>): void {
  describe(`A unit of work (${name})`, () => {
    let subject: UnitOfWorkSubject;
    let key = 0;
    let before: { written: string[]; published: number };
    const nextKey = (): string => `contract-${String((key += 1)).padStart(4, '0')}`;
    const newlyWritten = async (): Promise<string[]> =>
      (await subject.written()).filter((found) => !before.written.includes(found));
    const newlyPublished = async (): Promise<string[]> => (await subject.published()).slice(before.published);

    beforeAll(async () => {
      subject = await start();
    });
    beforeEach(async () => {
      before = { written: await subject.written(), published: (await subject.published()).length };
    });
    afterAll(() => subject.close());

    it('returns what the work returns, and keeps its writes and events', async () => {
      const written = nextKey();
      const answer = await subject.uow.run(async () => {
        await subject.write(written);
        subject.uow.record(event('identity.registered'), event('identity.email_verified'));
        return 42;
      });

      expect(answer).toBe(42);
      expect(await newlyWritten()).toEqual([written]);
      expect(await newlyPublished()).toEqual(['identity.registered', 'identity.email_verified']);
    });

    it('tells once it has committed, before it answers, and never when it was taken back', async () => {
      const told: string[] = [];
      await subject.uow.run(async () => {
        subject.uow.afterCommit(() => told.push('committed'));
        await subject.write(nextKey());
        expect(told).toEqual([]);
      });
      await expect(
        subject.uow.run(async () => {
          subject.uow.afterCommit(() => told.push('taken back'));
          throw new Error('no');
        }),
      ).rejects.toThrow('no');

      expect(told).toEqual(['committed']);
      expect(() => {
        subject.uow.afterCommit(() => undefined);
      }).toThrow();
    });

    it('takes writes and events back when the work throws, and passes the error on', async () => {
      const failure = new Error('no');
      const work = subject.uow.run(async () => {
        await subject.write(nextKey());
        subject.uow.record(event('identity.registered'));
        throw failure;
      });

      await expect(work).rejects.toBe(failure);
      expect(await newlyWritten()).toEqual([]);
      expect(await newlyPublished()).toEqual([]);
    });

    it('joins the one it is called in: the outer failure takes the inner writes and events back', async () => {
      const work = subject.uow.run(async () => {
        await subject.uow.run(async () => {
          await subject.write(nextKey());
          subject.uow.record(event('identity.registered'));
        });
        throw new Error('no');
      });

      await expect(work).rejects.toThrow('no');
      expect(await newlyWritten()).toEqual([]);
      expect(await newlyPublished()).toEqual([]);
    });

    it('keeps parallel ones apart: one fails, the others stay', async () => {
      const keys = Array.from({ length: 6 }, nextKey);
      const runs = keys.map((each, index) =>
        subject.uow.run(async () => {
          await subject.write(each);
          subject.uow.record(event('identity.registered'));
          if (index % 2 === 0) throw new Error('no');
        }),
      );
      await Promise.allSettled(runs);

      expect(await newlyWritten()).toEqual(keys.filter((_key, index) => index % 2 === 1));
      expect(await newlyPublished()).toHaveLength(3);
    });

    it('refuses an event outside of one', () => {
      expect(() => subject.uow.record(event('identity.registered'))).toThrow('inside of a unit of work');
    });

    it('refuses an event of work that it did not wait for, rather than lose it', async () => {
      const late: (() => void)[] = [];
      const afterIt = async (): Promise<void> => {
        await new Promise<void>((resolve) => late.push(resolve));
        subject.uow.record(event('identity.registered'));
      };
      const unawaited: Promise<void>[] = [];
      await subject.uow.run(async () => {
        unawaited.push(afterIt());
        await subject.write(nextKey());
      });
      await subject.uow
        .run(async () => {
          unawaited.push(afterIt());
          throw new Error('no');
        })
        .catch(() => undefined);
      for (const goOn of late) goOn();

      for (const work of unawaited) await expect(work).rejects.toThrow('inside of a unit of work');
      expect(await newlyPublished()).toEqual([]);
    });

    it('refuses a write outside of one', async () => {
      await expect(subject.write(nextKey())).rejects.toThrow();
      expect(await newlyWritten()).toEqual([]);
    });
  });
}
