import { describe, expect, it } from '@jest/globals';
import { ClsServiceManager } from 'nestjs-cls';

import { RequestContext } from '#platform/context';

import { describeCountedTrail } from '../../../platform/testing/counted-trail.contract.js';
import { InMemoryUnitOfWork } from '../../../platform/testing/in-memory-unit-of-work.js';
import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { NoteRefusedToken } from '../application/note-refused-token.js';
import { CountedRefusedTokens } from './refused-tokens.counted.js';

describeCountedTrail(
  'Tokens of sessions that have ended',
  { windowMs: 60_000, most: 1_000 },
  ({ uow, clock, context }) => {
    const trail = new CountedRefusedTokens(new NoteRefusedToken(uow, clock), context);
    return {
      happen: (key) => {
        trail.refused(key, `session of ${key}`, 'session_revoked');
      },
      stop: () => trail.beforeApplicationShutdown(),
    };
  },
);

describe('Refused tokens of sessions that have ended', () => {
  it('are told apart by session and reason', async () => {
    const uow = new InMemoryUnitOfWork();
    const context = new RequestContext(ClsServiceManager.getClsService());
    const refusals = new CountedRefusedTokens(new NoteRefusedToken(uow, new SettableClock()), context);
    for (let call = 0; call < 5; call += 1) refusals.refused('user', 'session', 'session_revoked');
    refusals.refused('user', 'session', 'session_idle_timeout');
    refusals.refused('user', 'another', 'session_revoked');
    await refusals.beforeApplicationShutdown();

    expect(uow.published.map(({ userId, data }) => [userId, data])).toEqual([
      ['user', { sessionId: 'session', reason: 'session_revoked', count: 1 }],
      ['user', { sessionId: 'session', reason: 'session_idle_timeout', count: 1 }],
      ['user', { sessionId: 'another', reason: 'session_revoked', count: 1 }],
      ['user', { sessionId: 'session', reason: 'session_revoked', count: 4 }],
    ]);
  });
});
