import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { after, NOW, SESSION_ID, sessionSettings, USER_ID } from '../../../testing/builders.js';
import { aSnapshot, FakeActivity, FakeShared, FakeStates, timerClock } from '../../../testing/liveness-fakes.js';
import type { SessionStanding } from '../../application/ports.js';
import { CachedSessionLiveness } from './session-liveness.cached.js';

let states: FakeStates;
let shared: FakeShared;
let activity: FakeActivity;
let liveness: CachedSessionLiveness;

const ask = (): SessionStanding | Promise<SessionStanding> => liveness.standingOf(SESSION_ID, timerClock.now());
const state = async (): Promise<SessionStanding['state']> => (await ask()).state;
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

beforeEach(() => {
  jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  [states, shared, activity] = [new FakeStates(), new FakeShared(), new FakeActivity()];
  liveness = new CachedSessionLiveness(states.port, shared.port, activity.port, sessionSettings(), timerClock);
  liveness.onModuleInit();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('The state of a session', () => {
  it('is read once, and answered without a promise from then on', async () => {
    const account = { userId: USER_ID, roles: ['user'], accountVersion: 1, secondFactor: 'none' };
    expect(await ask()).toEqual({ state: 'live', ...account });

    for (let n = 0; n < 100; n += 1) expect(ask()).toMatchObject({ state: 'live' });
    expect(states.reads).toBe(1);
    expect(shared.reads).toBe(1);
    expect(shared.kept).toEqual([aSnapshot()]);
  });

  it('is read once however many ask for it at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, async () => ask()));

    expect(answers.every((each) => each.state === 'live')).toBe(true);
    expect(states.reads).toBe(1);
  });

  it('is renewed from 600 ms on, while nobody waits for it', async () => {
    await ask();
    jest.advanceTimersByTime(599);
    expect(ask()).toMatchObject({ state: 'live' });
    expect(shared.reads).toBe(1);

    jest.advanceTimersByTime(1);
    states.stored = { roles: ['user', 'admin'] };
    expect(ask()).toMatchObject({ roles: ['user'] });
    await settle();

    expect(states.reads).toBe(2);
    expect(ask()).toMatchObject({ roles: ['user', 'admin'] });
  });

  it('SE-16 in use all the time costs less than two readings a second, and nobody waits for them', async () => {
    await ask();
    let waited = 0;
    for (let ms = 0; ms < 5_000; ms += 2) {
      jest.advanceTimersByTime(2);
      if (ask() instanceof Promise) waited += 1;
      await settle();
    }

    expect(waited).toBe(0);
    expect(states.reads).toBe(9);
    expect(shared.reads).toBe(9);
  });

  it('is renewed by what another instance has read since', async () => {
    await ask();
    jest.advanceTimersByTime(600);
    shared.value = aSnapshot({ readAt: NOW.getTime() + 500, roles: ['user', 'admin'] });
    expect(ask()).toMatchObject({ roles: ['user'] });
    await settle();

    expect(ask()).toMatchObject({ roles: ['user', 'admin'] });
    expect(states.reads).toBe(1);
    jest.advanceTimersByTime(899);
    expect(ask()).not.toBeInstanceOf(Promise);
  });

  it('SE-16 is not believed for longer than a second', async () => {
    await ask();
    states.stored = { state: 'ended' };
    jest.advanceTimersByTime(1_000);

    expect(ask()).toBeInstanceOf(Promise);
    expect(await state()).toBe('ended');
  });

  it('that was read slowly is as old as its question', async () => {
    let answer: (value?: unknown) => void = () => undefined;
    states.delay = new Promise((resolve) => (answer = resolve));
    const first = state();
    await settle();
    jest.advanceTimersByTime(900);
    answer();
    expect(await first).toBe('live');

    states.stored = { state: 'ended' };
    jest.advanceTimersByTime(100);
    expect(await state()).toBe('ended');
  });

  it('of a session that never was is that it has ended', async () => {
    states.stored = { state: 'ended', userId: '' };

    expect(await state()).toBe('ended');
    jest.advanceTimersByTime(60_000);
    expect(ask()).toMatchObject({ state: 'ended' });
    expect(states.reads).toBe(1);
  });

  it('SE-07 is live as long as this process sees it used, although PostgreSQL takes no note of it', async () => {
    await ask();
    states.stored = { lastSeenAt: NOW.getTime() };
    for (let n = 0; n < 5; n += 1) {
      jest.advanceTimersByTime(20 * 60_000);
      expect(await state()).toBe('live');
    }

    jest.advanceTimersByTime(31 * 60_000);
    expect(await state()).toBe('idle');
  });

  it('of an account that is disabled is refused for as long as it is', async () => {
    states.stored = { state: 'suspended' };
    expect(await state()).toBe('ended');
    expect(ask()).toMatchObject({ state: 'ended' });
    expect(states.reads).toBe(1);

    states.stored = { state: 'open' };
    jest.advanceTimersByTime(1_000);
    expect(await state()).toBe('live');
  });

  it('SE-07 is looked up again before a session counts as idle: another instance may have seen it', async () => {
    await ask();
    const late = after({ minutes: 31 });
    expect(await liveness.standingOf(SESSION_ID, late)).toMatchObject({ state: 'idle' });
    expect(states.reads).toBe(2);

    states.stored = { lastSeenAt: late.getTime() };
    expect(await liveness.standingOf(SESSION_ID, late)).toMatchObject({ state: 'live' });
  });

  it('is forgotten first where it was read least recently, and memory is bounded', async () => {
    for (let n = 0; n <= 20_000; n += 1) await liveness.standingOf(`session ${String(n)}`, NOW);

    expect(liveness.standingOf('session 20000', NOW)).not.toBeInstanceOf(Promise);
    expect(liveness.standingOf('session 0', NOW)).toBeInstanceOf(Promise);
  });
});

describe('The end of a session', () => {
  it.each(['ended', 'ended_idle'] as const)('is refused at once, and told to the others: %s', async (how) => {
    await ask();
    expect(liveness.isKnownEnded(SESSION_ID)).toBe(false);
    liveness.ended(SESSION_ID, how);

    expect(ask()).toMatchObject({ state: how });
    expect(liveness.isKnownEnded(SESSION_ID)).toBe(true);
    expect(shared.kept.at(-1)).toMatchObject({ state: how });
    expect(shared.told).toEqual([SESSION_ID]);
  });

  it('is final: an older reading that arrives later changes nothing', async () => {
    let answer: (value?: unknown) => void = () => undefined;
    states.delay = new Promise((resolve) => (answer = resolve));
    const asked = state();
    await settle();
    liveness.ended(SESSION_ID, 'ended');
    answer();

    expect(await asked).toBe('ended');
    jest.advanceTimersByTime(100_000);
    expect(ask()).toMatchObject({ state: 'ended' });
  });

  it('that another instance tells of makes this one look', async () => {
    await ask();
    states.stored = { state: 'ended' };
    shared.hear(SESSION_ID);

    expect(await state()).toBe('ended');
  });

  it('that is told of falsely costs one reading', async () => {
    await ask();
    shared.hear(SESSION_ID);

    expect(await state()).toBe('live');
    expect(states.reads).toBe(2);
  });

  it('that is told of does not make this process forget when it saw the session used', async () => {
    await ask();
    shared.hear(SESSION_ID);

    expect(liveness.lastUsed(SESSION_ID)).toEqual(NOW);
  });

  it('is not undone by a message', async () => {
    liveness.ended(SESSION_ID, 'ended');
    shared.hear(SESSION_ID);

    expect(ask()).toMatchObject({ state: 'ended' });
  });
});

describe('What Redis has', () => {
  it('counts when somebody read it within the last second, and saves PostgreSQL a question', async () => {
    shared.value = aSnapshot({ readAt: NOW.getTime() - 999 });

    expect(await state()).toBe('live');
    expect(states.reads).toBe(0);
    // It is as old here as it was there.
    jest.advanceTimersByTime(1);
    shared.value = null;
    expect(ask()).toBeInstanceOf(Promise);
  });

  it('does not count when it is a second old', async () => {
    shared.value = aSnapshot({ readAt: NOW.getTime() - 1_000 });
    states.stored = { state: 'ended' };

    expect(await state()).toBe('ended');
  });

  it('counts at any age when it is that the session has ended', async () => {
    shared.value = aSnapshot({ state: 'ended', readAt: NOW.getTime() - 50_000 });

    expect(await state()).toBe('ended');
    expect(states.reads).toBe(0);
  });

  it('does not make a session idle', async () => {
    shared.value = aSnapshot({ lastSeenAt: after({ minutes: -40 }).getTime() });

    expect(await state()).toBe('live');
    expect(states.reads).toBe(1);
  });
});

describe('SE-08 The use of a session', () => {
  it('is noted once in 60 seconds', async () => {
    await ask();
    jest.advanceTimersByTime(59_999);
    await ask();
    expect(activity.notes).toEqual([]);

    jest.advanceTimersByTime(1);
    for (let n = 0; n < 50; n += 1) await ask();
    expect(activity.notes).toEqual([NOW.getTime() + 60_000]);
  });

  it('is remembered to the millisecond, and not when it was refused', async () => {
    expect(liveness.lastUsed(SESSION_ID)).toBeNull();
    await ask();
    jest.advanceTimersByTime(500);
    await ask();
    expect(liveness.lastUsed(SESSION_ID)).toEqual(after({ milliseconds: 500 }));

    liveness.ended('other', 'ended');
    expect(liveness.standingOf('other', NOW)).toMatchObject({ state: 'ended' });
    expect(liveness.lastUsed('other')).toBeNull();
  });
});
