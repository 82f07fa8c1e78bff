import { beforeEach, describe, expect, it } from '@jest/globals';

import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { after, NOW, sessionSettings, USER_ID } from '../../testing/builders.js';
import { ListSessions } from './list-sessions.js';
import type { Page } from './newest-first.js';
import { SessionLiveness, type SessionStanding } from './ports.js';
import { SessionQueries, type SessionMoment, type SessionSummary } from './session-queries.js';

class FakeSessionQueries extends SessionQueries {
  readonly live: SessionSummary[] = [];

  async liveOf(): Promise<SessionSummary[]> {
    return this.live;
  }

  async momentsOf(): Promise<Page<SessionMoment>> {
    return { items: [], next: null };
  }

  async usersWithSessions(): Promise<string[]> {
    return [];
  }
}

class FakeLiveness extends SessionLiveness {
  readonly used = new Map<string, Date>();

  standingOf(): SessionStanding {
    throw new Error('Nobody asks for it');
  }

  isKnownEnded(): boolean {
    throw new Error('Nobody asks for it');
  }

  ended(): void {
    throw new Error('Nobody ends one');
  }

  changed(): void {
    throw new Error('Nobody changes one');
  }

  lastUsed(sessionId: string): Date | null {
    return this.used.get(sessionId) ?? null;
  }
}

function summary(id: string, minutesAgo: number, rememberMe = false): SessionSummary {
  return {
    id,
    createdAt: after({ days: -1 }),
    lastSeenAt: after({ minutes: -minutesAgo }),
    expiresAt: after({ days: 29 }),
    ip: '203.0.113.77',
    userAgent: null,
    deviceName: null,
    amr: ['pwd'],
    rememberMe,
  };
}

describe('SE-11 The sessions of a user', () => {
  let queries: FakeSessionQueries;
  let liveness: FakeLiveness;
  let sessions: ListSessions;

  beforeEach(() => {
    queries = new FakeSessionQueries();
    liveness = new FakeLiveness();
    sessions = new ListSessions(queries, liveness, sessionSettings(), new SettableClock(NOW.toISOString()));
  });

  const ids = async (): Promise<string[]> =>
    (await sessions.execute(USER_ID, { limit: 20, after: null })).items.map(({ id }) => id);

  it('come with the most recently used first', async () => {
    queries.live.push(summary('a', 5), summary('b', 1), summary('c', 3));

    expect(await ids()).toEqual(['b', 'c', 'a']);
  });

  it('are in the order of what this process saw, which may not be stored yet', async () => {
    queries.live.push(summary('a', 5), summary('b', 1));
    liveness.used.set('a', NOW);
    liveness.used.set('b', after({ minutes: -9 }));

    const { items } = await sessions.execute(USER_ID, { limit: 20, after: null });
    expect(items.map(({ id, lastSeenAt }) => [id, lastSeenAt])).toEqual([
      ['a', NOW],
      ['b', after({ minutes: -1 })],
    ]);
  });

  it('are those that have not rested for too long', async () => {
    queries.live.push(summary('idle', 31), summary('remembered', 600, true), summary('last minute', 30));

    expect(await ids()).toEqual(['last minute', 'remembered']);
  });

  it('come in pages', async () => {
    queries.live.push(summary('a', 5), summary('b', 1), summary('c', 3));
    const first = await sessions.execute(USER_ID, { limit: 2, after: null });
    const second = await sessions.execute(USER_ID, { limit: 2, after: first.next });

    expect([first, second].map(({ items }) => items.map(({ id }) => id))).toEqual([['b', 'c'], ['a']]);
    expect(second.next).toBeNull();
  });
});
