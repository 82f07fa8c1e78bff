import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { Database } from '#platform/persistence';

import { after, NOW, USER_ID } from '../../../testing/builders.js';
import { aSnapshot, timerClock } from '../../../testing/liveness-fakes.js';
import type { SessionSnapshot } from './session-snapshot.js';
import { PostgresSessionStates, SessionStatesUnreadable } from './session-states.postgres.js';

interface Row {
  readonly id: string;
  readonly revoke_reason?: string | null;
  readonly account_current?: boolean;
}

const rowOf = ({ id, revoke_reason = null, account_current = true }: Row): object => ({
  ...{ id, user_id: USER_ID, remember_me: false, last_seen_at: NOW, expires_at: after({ days: 30 }) },
  ...{ revoke_reason, account_current, roles: ['user'], account_version: 1, second_factor: 'none' },
});

let asked: string[][];
let respond: (ids: string[]) => Promise<object[]>;
let states: PostgresSessionStates;
let late: [id: string, state: string][];

const read = (id: string): Promise<SessionSnapshot> =>
  states.read(id, ({ state }) => {
    late.push([id, state]);
  });
const turn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

const outcomeOf = (reading: Promise<SessionSnapshot>): Promise<string> =>
  reading.then(
    ({ state }) => state,
    (error: unknown) => (error instanceof SessionStatesUnreadable ? 'unreadable' : String(error)),
  );

beforeEach(() => {
  jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  asked = [];
  late = [];
  respond = async (ids) => ids.map((id) => rowOf({ id }));
  const query = (_sql: string, [ids]: [string[]]): Promise<object[]> => {
    asked.push(ids);
    return respond(ids);
  };
  states = new PostgresSessionStates({ query } as unknown as Database, timerClock);
});
afterEach(() => {
  jest.useRealTimers();
});

describe('The states of sessions in PostgreSQL', () => {
  it('are read with one statement, all that are asked for in one turn', async () => {
    const ids = Array.from({ length: 300 }, (_each, index) => `session ${String(index)}`);
    const found = await Promise.all(ids.map((id) => read(id)));

    expect(asked).toEqual([ids]);
    expect(found).toEqual(ids.map(() => aSnapshot()));
  });

  it('are read once for each session', async () => {
    await Promise.all(['a', 'b', 'a', 'a'].map((id) => read(id)));

    expect(asked).toEqual([['a', 'b']]);
  });

  it('are read 500 at a time, so that no statement grows without bound', async () => {
    await Promise.all(Array.from({ length: 1_200 }, (_each, index) => read(String(index))));

    expect(asked.map(({ length }) => length)).toEqual([500, 500, 200]);
  });

  it('occupy two connections at most', async () => {
    let running = 0;
    let most = 0;
    respond = async (ids) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return ids.map((id) => rowOf({ id }));
    };
    await Promise.all(Array.from({ length: 3_000 }, (_each, index) => read(String(index))));

    expect(most).toBeLessThanOrEqual(2);
  });

  it.each([
    ['is open', {}, 'open'],
    ['was ended', { revoke_reason: 'logout' }, 'ended'],
    ['was ended for its rest', { revoke_reason: 'idle' }, 'ended_idle'],
    ['is of an account that was disabled or got another epoch', { account_current: false }, 'suspended'],
    ['was ended, whatever its account is', { revoke_reason: 'logout', account_current: false }, 'ended'],
  ] as const)('tell of a session that it %s', async (_what, row, state) => {
    respond = async ([id]) => [rowOf({ id: id!, ...row })];

    expect(await read('a')).toMatchObject({ state, readAt: NOW.getTime() });
  });

  it('tell of a session that is not there that it has ended', async () => {
    respond = async () => [];

    expect(await read('a')).toMatchObject({ state: 'ended', userId: '' });
  });

  it('are unreadable after 300 ms', async () => {
    respond = () => new Promise(() => undefined);
    const outcome = outcomeOf(read('a'));
    await new Promise((resolve) => setImmediate(resolve));
    let settled = false;
    void outcome.then(() => (settled = true));
    await jest.advanceTimersByTimeAsync(299);
    expect(settled).toBe(false);

    await jest.advanceTimersByTimeAsync(1);
    expect(await outcome).toBe('unreadable');
  });

  it('are unreadable for all who wait, and at once for whoever comes then', async () => {
    respond = async () => {
      throw new Error('connection refused');
    };
    const waiting = Array.from({ length: 1_500 }, (_each, index) => outcomeOf(read(String(index))));

    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['unreadable']));
    const before = asked.length;
    expect(await outcomeOf(read('later'))).toBe('unreadable');
    expect(asked).toHaveLength(before);
  });

  it('are asked for again after a quarter of a second, and readable when PostgreSQL is back', async () => {
    const well = respond;
    respond = async () => {
      throw new Error('connection refused');
    };
    await outcomeOf(read('a'));
    respond = well;
    await jest.advanceTimersByTimeAsync(249);
    expect(await outcomeOf(read('a'))).toBe('unreadable');

    await jest.advanceTimersByTimeAsync(1);
    expect(await outcomeOf(read('a'))).toBe('open');
    expect(await outcomeOf(read('b'))).toBe('open');
  });

  describe('that come late', () => {
    let answer: (rows: object[]) => void;
    let fail: (error: Error) => void;

    beforeEach(() => {
      respond = () =>
        new Promise((resolve, reject) => {
          [answer, fail] = [resolve, reject];
        });
    });

    it('count when they had arrived while this process was busy', async () => {
      const outcome = outcomeOf(read('a'));
      await turn();
      // The timers run first when a process goes on, and then what came over the wire.
      jest.advanceTimersByTime(300);
      answer([rowOf({ id: 'a' })]);

      expect(await outcome).toBe('open');
    });

    it('are told when nobody waits for them any more, with the time of the question', async () => {
      const told: SessionSnapshot[] = [];
      const outcome = outcomeOf(states.read('a', (snapshot) => told.push(snapshot)));
      const other = outcomeOf(read('b'));
      await turn();
      await jest.advanceTimersByTimeAsync(300);
      expect([await outcome, await other]).toEqual(['unreadable', 'unreadable']);
      await jest.advanceTimersByTimeAsync(100);
      answer([rowOf({ id: 'a', revoke_reason: 'logout' })]);
      await turn();

      expect(told).toEqual([expect.objectContaining({ state: 'ended', readAt: NOW.getTime() })]);
      expect(late).toEqual([['b', 'ended']]);
    });

    it('show that PostgreSQL is there: the next one is asked for at once', async () => {
      const outcome = outcomeOf(read('a'));
      await turn();
      await jest.advanceTimersByTimeAsync(300);
      await outcome;
      expect(await outcomeOf(read('b'))).toBe('unreadable');
      answer([]);
      await turn();
      respond = async (ids) => ids.map((id) => rowOf({ id }));

      expect(await outcomeOf(read('b'))).toBe('open');
    });

    it('are told to nobody who was answered, or when there are none', async () => {
      const first = outcomeOf(read('a'));
      await turn();
      answer([rowOf({ id: 'a' })]);
      expect(await first).toBe('open');
      const second = outcomeOf(read('a'));
      await turn();
      await jest.advanceTimersByTimeAsync(300);
      expect(await second).toBe('unreadable');
      fail(new Error('connection lost'));
      await turn();

      expect(late).toEqual([]);
    });

    it('are waited for four at a time, so that a PostgreSQL that hangs does not take all connections', async () => {
      const pending: ((rows: object[]) => void)[] = [];
      respond = () => new Promise((resolve) => pending.push(resolve));
      for (let n = 0; n < 10; n += 1) {
        const outcome = outcomeOf(read(String(n)));
        await turn();
        await jest.advanceTimersByTimeAsync(600);
        expect(await outcome).toBe('unreadable');
      }
      expect(asked).toHaveLength(4);

      pending[0]?.([]);
      await turn();
      void outcomeOf(read('again'));
      await turn();
      expect(asked).toHaveLength(5);
    });
  });
});
