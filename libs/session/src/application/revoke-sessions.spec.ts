import { beforeEach, describe, expect, it } from '@jest/globals';

import { SettableClock } from '../../../platform/testing/settable-clock.js';
import type { RevokeReason } from '../domain/events.js';
import type { EndSessions } from './end-sessions.js';
import type { Page } from './newest-first.js';
import { RevokeSessions } from './revoke-sessions.js';
import { SessionQueries, type SessionMoment, type SessionSummary } from './session-queries.js';

class FakeSessionQueries extends SessionQueries {
  /** In order. */
  users: string[] = [];
  largest = 0;

  async usersWithSessions(_now: Date, after: string | null, limit: number): Promise<string[]> {
    const rest = this.users.filter((id) => after === null || id > after).slice(0, limit);
    this.largest = Math.max(this.largest, rest.length);
    return rest;
  }

  async liveOf(): Promise<SessionSummary[]> {
    return [];
  }

  async momentsOf(): Promise<Page<SessionMoment>> {
    return { items: [], next: null };
  }
}

describe('SE-12 An operator', () => {
  let queries: FakeSessionQueries;
  let ended: { userId: string; reason: RevokeReason }[];
  let revoke: RevokeSessions;

  beforeEach(() => {
    queries = new FakeSessionQueries();
    ended = [];
    const ends = {
      allOf: async (userId: string, reason: RevokeReason) => {
        ended.push({ userId, reason });
        return 2;
      },
    } as EndSessions;
    revoke = new RevokeSessions(queries, ends, new SettableClock());
  });

  it("ends one user's sessions", async () => {
    expect(await revoke.ofUser('one')).toBe(2);
    expect(ended).toEqual([{ userId: 'one', reason: 'operator' }]);
  });

  it.each([0, 1, 499, 500, 501, 1_203])('ends those of all %d users, each once, some at a time', async (count) => {
    queries.users = Array.from({ length: count }, (_, index) => String(index).padStart(6, '0'));

    expect(await revoke.ofEverybody()).toBe(2 * count);
    expect(ended.map(({ userId }) => userId)).toEqual(queries.users);
    expect(queries.largest).toBeLessThanOrEqual(500);
  });
});
