import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { NOW, SESSION_ID, sessionSettings } from '../../../testing/builders.js';
import { aSnapshot, FakeActivity, FakeShared, FakeStates, timerClock } from '../../../testing/liveness-fakes.js';
import type { SessionStanding } from '../../application/ports.js';
import { SessionStateUnavailable } from '../../domain/errors.js';
import { CachedSessionLiveness } from './session-liveness.cached.js';

let states: FakeStates;
let shared: FakeShared;
let liveness: CachedSessionLiveness;

const ask = (): SessionStanding | Promise<SessionStanding> => liveness.standingOf(SESSION_ID, timerClock.now());
const state = async (): Promise<SessionStanding['state']> => (await ask()).state;

beforeEach(() => {
  jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  [states, shared] = [new FakeStates(), new FakeShared()];
  liveness = new CachedSessionLiveness(
    states.port,
    shared.port,
    new FakeActivity().port,
    sessionSettings(),
    timerClock,
  );
  liveness.onModuleInit();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('While PostgreSQL does not answer', () => {
  it('the state that this process has counts for a minute; after that nobody knows', async () => {
    await ask();
    states.down = true;
    jest.advanceTimersByTime(60_000);
    expect(await state()).toBe('live');

    jest.advanceTimersByTime(1);
    await expect(ask()).rejects.toThrow(SessionStateUnavailable);
    states.down = false;
    expect(await state()).toBe('live');
  });

  it.each([
    ['there is no Redis', { configured: false }, 60_000],
    ['Redis has nothing', { value: null }, 60_000],
    ['Redis does not answer either', { down: true }, 1_000],
  ])('and %s, the state that this process has counts for a while', async (_what, redis, forMs) => {
    await ask();
    states.down = true;
    Object.assign(shared, redis);
    jest.advanceTimersByTime(forMs);
    expect(await state()).toBe('live');

    jest.advanceTimersByTime(1);
    await expect(ask()).rejects.toThrow(SessionStateUnavailable);
  });

  it('the newer one of Redis counts', async () => {
    await ask();
    states.down = true;
    jest.advanceTimersByTime(61_000);
    shared.value = aSnapshot({ readAt: Date.now() - 30_000, roles: ['user', 'admin'] });

    expect(await ask()).toMatchObject({ state: 'live', roles: ['user', 'admin'] });
    jest.advanceTimersByTime(30_001);
    await expect(ask()).rejects.toThrow(SessionStateUnavailable);
  });

  it('the older one of Redis does not', async () => {
    states.stored = { roles: ['user', 'admin'] };
    await ask();
    states.down = true;
    jest.advanceTimersByTime(2_000);
    shared.value = aSnapshot({ readAt: NOW.getTime() - 1_000 });

    expect(await ask()).toMatchObject({ roles: ['user', 'admin'] });
  });

  it('a session that ends while it is being read has ended for those who wait', async () => {
    await ask();
    states.down = true;
    jest.advanceTimersByTime(2_000);
    const waiting = state();
    liveness.ended(SESSION_ID, 'ended');

    expect(await waiting).toBe('ended');
  });

  it('a session that ended stays ended', async () => {
    liveness.ended(SESSION_ID, 'ended');
    states.down = true;
    jest.advanceTimersByTime(3_600_000);

    expect(ask()).toMatchObject({ state: 'ended' });
  });

  it('nobody knows about a session that nobody has seen: neither yes nor no', async () => {
    states.down = true;

    await expect(ask()).rejects.toThrow(SessionStateUnavailable);
  });
});

describe('What PostgreSQL says when nobody waits for it any more', () => {
  beforeEach(async () => {
    await ask();
    states.down = true;
    jest.advanceTimersByTime(1_000);
    await state().catch(() => undefined);
  });

  it('counts for those who come next, and is as old as its question', async () => {
    states.stored = { roles: ['user', 'admin'] };
    jest.advanceTimersByTime(400);
    states.answerLate?.();
    expect(ask()).toMatchObject({ state: 'live', roles: ['user', 'admin'] });

    jest.advanceTimersByTime(600);
    expect(ask()).toBeInstanceOf(Promise);
  });

  it('SE-16 that the session has ended is believed at any age, and told to Redis', async () => {
    states.stored = { state: 'ended' };
    jest.advanceTimersByTime(3_000);
    states.answerLate?.();

    expect(ask()).toMatchObject({ state: 'ended' });
    expect(shared.kept.at(-1)).toMatchObject({ state: 'ended' });
  });

  it('does not count where something newer is known', async () => {
    const { answerLate } = states;
    states.down = false;
    states.stored = { roles: ['user', 'admin'] };
    jest.advanceTimersByTime(500);
    await ask();
    states.stored = { roles: ['user'] };
    answerLate?.();

    expect(ask()).toMatchObject({ roles: ['user', 'admin'] });
  });
});
