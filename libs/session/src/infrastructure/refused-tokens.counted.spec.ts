import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { InMemoryUnitOfWork } from '../../../platform/testing/in-memory-unit-of-work.js';
import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { NoteRefusedToken } from '../application/note-refused-token.js';
import { CountedRefusedTokens } from './refused-tokens.counted.js';

describe('Refused tokens of sessions that have ended', () => {
  let uow: InMemoryUnitOfWork;
  let refusals: CountedRefusedTokens;

  beforeEach(() => {
    jest.useFakeTimers();
    uow = new InMemoryUnitOfWork();
    refusals = new CountedRefusedTokens(new NoteRefusedToken(uow, new SettableClock()));
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const told = () => uow.published.map(({ userId, data }) => [userId, data]);

  it('are told of at once, and then by their number once a minute', async () => {
    for (let call = 0; call < 5; call += 1) refusals.refused('user', 'session', 'session_revoked');
    refusals.refused('other', 'another', 'session_idle_timeout');
    await jest.advanceTimersByTimeAsync(1);
    expect(told()).toEqual([
      ['user', { sessionId: 'session', reason: 'session_revoked', count: 1 }],
      ['other', { sessionId: 'another', reason: 'session_idle_timeout', count: 1 }],
    ]);

    await jest.advanceTimersByTimeAsync(60_000);
    expect(told().slice(2)).toEqual([['user', { sessionId: 'session', reason: 'session_revoked', count: 4 }]]);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(told()).toHaveLength(3);
  });

  it('are told of before the process ends', async () => {
    refusals.refused('user', 'session', 'session_revoked');
    refusals.refused('user', 'session', 'session_revoked');
    await refusals.beforeApplicationShutdown();

    expect(told().map(([, data]) => (data as { count: number }).count)).toEqual([1, 1]);
  });
});
