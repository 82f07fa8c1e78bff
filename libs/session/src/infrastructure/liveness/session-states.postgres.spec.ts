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
  ...{ revoke_reason, account_current, roles: ['user'], account_version: 1 },
});

let asked: string[][];
let respond: (ids: string[]) => Promise<object[]>;
let states: PostgresSessionStates;

const outcomeOf = (read: Promise<SessionSnapshot>): Promise<string> =>
  read.then(
    ({ state }) => state,
    (error: unknown) => (error instanceof SessionStatesUnreadable ? 'unreadable' : String(error)),
  );

beforeEach(() => {
  jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  asked = [];
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
    const read = await Promise.all(ids.map((id) => states.read(id)));

    expect(asked).toEqual([ids]);
    expect(read).toEqual(ids.map(() => aSnapshot()));
  });

  it('are read once for each session', async () => {
    await Promise.all(['a', 'b', 'a', 'a'].map((id) => states.read(id)));

    expect(asked).toEqual([['a', 'b']]);
  });

  it('are read 500 at a time, so that no statement grows without bound', async () => {
    await Promise.all(Array.from({ length: 1_200 }, (_each, index) => states.read(String(index))));

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
    await Promise.all(Array.from({ length: 3_000 }, (_each, index) => states.read(String(index))));

    expect(most).toBeLessThanOrEqual(2);
  });

  it.each([
    ['is open', {}, 'open'],
    ['was ended', { revoke_reason: 'logout' }, 'ended'],
    ['was ended for its rest', { revoke_reason: 'idle' }, 'ended_idle'],
    ['is of an account that was disabled or got another epoch', { account_current: false }, 'ended'],
  ] as const)('tell of a session that it %s', async (_what, row, state) => {
    respond = async ([id]) => [rowOf({ id: id!, ...row })];

    expect(await states.read('a')).toMatchObject({ state, readAt: NOW.getTime() });
  });

  it('tell of a session that is not there that it has ended', async () => {
    respond = async () => [];

    expect(await states.read('a')).toMatchObject({ state: 'ended', userId: '' });
  });

  it('are unreadable after 300 ms', async () => {
    respond = () => new Promise(() => undefined);
    const outcome = outcomeOf(states.read('a'));
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
    const waiting = Array.from({ length: 1_500 }, (_each, index) => outcomeOf(states.read(String(index))));

    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['unreadable']));
    const before = asked.length;
    expect(await outcomeOf(states.read('later'))).toBe('unreadable');
    expect(asked).toHaveLength(before);
  });

  it('are asked for again after a quarter of a second, and readable when PostgreSQL is back', async () => {
    const well = respond;
    respond = async () => {
      throw new Error('connection refused');
    };
    await outcomeOf(states.read('a'));
    respond = well;
    await jest.advanceTimersByTimeAsync(249);
    expect(await outcomeOf(states.read('a'))).toBe('unreadable');

    await jest.advanceTimersByTimeAsync(1);
    expect(await outcomeOf(states.read('a'))).toBe('open');
    expect(await outcomeOf(states.read('b'))).toBe('open');
  });
});
