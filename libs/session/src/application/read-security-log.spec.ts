import { beforeEach, describe, expect, it } from '@jest/globals';

import { SettableClock } from '../../../platform/testing/settable-clock.js';
import { after, NOW, SESSION_ID, USER_ID } from '../../testing/builders.js';
import type { EndReason } from '../domain/events.js';
import { pageOf, type Page, type PageRequest, type Position } from './newest-first.js';
import { AccountLog, ReadSecurityLog, type SecurityLogEntry } from './read-security-log.js';
import { SessionQueries, type SessionMoment, type SessionSummary } from './session-queries.js';

class FakeSessionQueries extends SessionQueries {
  readonly moments: SessionMoment[] = [];
  since: Date | undefined;

  async momentsOf(_userId: string, since: Date, page: PageRequest): Promise<Page<SessionMoment>> {
    this.since = since;
    return pageOf(this.moments, (moment) => moment, page);
  }

  async liveOf(): Promise<SessionSummary[]> {
    return [];
  }

  async usersWithSessions(): Promise<string[]> {
    return [];
  }
}

class FakeAccountLog extends AccountLog {
  readonly entries: { readonly type: string; readonly at: Date }[] = [];

  async of(): Promise<readonly { readonly type: string; readonly at: Date }[]> {
    return this.entries;
  }
}

function moment(what: SessionMoment['what'], minutes: number, endReason: EndReason | null = null): SessionMoment {
  const at = after({ minutes });
  const device = { ip: null, userAgent: 'Mozilla/5.0', deviceName: '민지의 노트북' };
  return { at, key: `${what}:${SESSION_ID}`, what, sessionId: SESSION_ID, endReason, ...device };
}

describe('The security log of a user', () => {
  let sessions: FakeSessionQueries;
  let account: FakeAccountLog;
  let log: ReadSecurityLog;

  beforeEach(() => {
    sessions = new FakeSessionQueries();
    account = new FakeAccountLog();
    log = new ReadSecurityLog(sessions, account, new SettableClock(NOW.toISOString()));
  });

  const read = (limit = 20, from: Position | null = null): Promise<Page<SecurityLogEntry>> =>
    log.execute(USER_ID, { limit, after: from });

  it('tells of sessions and of the account in one order', async () => {
    sessions.moments.push(moment('opened', 2), moment('ended', 5, 'logout'), moment('reauthenticated', 3));
    account.entries.push(
      { type: 'identity.registered', at: after({ minutes: 0 }) },
      { type: 'identity.password_changed', at: after({ minutes: 4 }) },
    );

    const { items, next } = await read();
    expect(items.map(({ type }) => type)).toEqual([
      'session.logged_out',
      'identity.password_changed',
      'session.reauthenticated',
      'session.login_succeeded',
      'identity.registered',
    ]);
    expect(next).toBeNull();
    expect(items[0]!.session).toMatchObject({ sessionId: SESSION_ID, deviceName: '민지의 노트북' });
    expect(items[1]).not.toHaveProperty('session');
  });

  it('asks for the sessions of 90 days', async () => {
    await read();

    expect(sessions.since).toEqual(after({ days: -90 }));
  });

  it.each([
    ['logout', 'session.logged_out', undefined],
    ['evicted', 'session.evicted', undefined],
    ['idle', 'session.idle_expired', undefined],
    ['owner', 'session.revoked', 'owner'],
    ['operator', 'session.revoked', 'operator'],
    ['refresh_reuse', 'session.revoked', 'refresh_reuse'],
    ['password_changed', 'session.revoked', 'password_changed'],
    ['token_revoked', 'session.revoked', 'token_revoked'],
  ] as const)('calls an end by %s %s', async (endReason, type, reason) => {
    sessions.moments.push(moment('ended', 1, endReason));

    const [entry] = (await read()).items;
    expect([entry!.type, entry!.reason]).toEqual([type, reason]);
  });

  it.each([1, 2, 3, 6, 7])('shows every entry once in pages of %d, also those of one time', async (limit) => {
    for (const minutes of [1, 2, 2, 3]) {
      const { length } = sessions.moments;
      sessions.moments.push({ ...moment('opened', minutes), key: `opened:${String(length)}` });
    }
    for (const minutes of [2, 3, 0]) {
      account.entries.push({ type: `identity.${String(minutes)}`, at: after({ minutes }) });
    }
    const seen: string[] = [];
    let next: Position | null = null;
    do {
      const page: Page<SecurityLogEntry> = await read(limit, next);
      expect(page.items.length).toBe(Math.min(limit, 7 - seen.length));
      seen.push(...page.items.map(({ key }) => key));
      next = page.next;
    } while (next !== null);

    expect(new Set(seen).size).toBe(7);
    expect(seen).toEqual((await read(100)).items.map(({ key }) => key));
  });
});
