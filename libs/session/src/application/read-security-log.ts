import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';

import type { EndReason, SessionEvent } from '../domain/events.js';
import { pageOf, type Page, type PageRequest, type Position } from './newest-first.js';
import { SessionQueries, type SessionMoment } from './session-queries.js';

const DAY_MS = 86_400_000;
/** For so long ended sessions are kept. */
const DAYS_BACK = 90;

/** One line of a user's own security log. */
export interface SecurityLogEntry extends Position {
  /** The name that the event has in the audit trail. */
  readonly type: string;
  /** With everything that happened to a session. */
  readonly session?: Pick<SessionMoment, 'sessionId' | 'deviceName' | 'userAgent' | 'ip'>;
  /** Why a session was ended before its time. */
  readonly reason?: EndReason;
}

/** Asks the context that knows people what happened to an account. */
export abstract class AccountLog {
  /** A handful of entries, in any order. */
  abstract of(userId: string): Promise<readonly { readonly type: string; readonly at: Date }[]>;
}

/**
 * What users may know of their own security, read off what is held anyway: there is no history of events in this
 * service (ADR 0010). So it tells of the last change of a kind, and of nothing that left no trace, such as a failed
 * sign-in; the whole trail is in the Audit Service.
 */
@Injectable()
export class ReadSecurityLog {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly account: AccountLog,
    private readonly clock: Clock,
  ) {}

  /** Newest first: sessions of the last 90 days, and the account's own story whatever its age. */
  async execute(userId: string, request: PageRequest): Promise<Page<SecurityLogEntry>> {
    const since = new Date(this.clock.now().getTime() - DAYS_BACK * DAY_MS);
    const { items, next } = await this.sessions.momentsOf(userId, since, request);
    const account = (await this.account.of(userId)).map((moment) => ({ ...moment, key: moment.type }));
    const page = pageOf([...items.map(entryOf), ...account], (entry) => entry, request);
    // All that were read may fit while the source has more.
    const last = page.items.at(-1);
    return next !== null && page.next === null && last !== undefined
      ? { ...page, next: { at: last.at, key: last.key } }
      : page;
  }
}

function entryOf({ at, key, what, endReason, ...session }: SessionMoment): SecurityLogEntry {
  if (what === 'opened') return { at, key, type: 'session.login_succeeded', session };
  if (what === 'reauthenticated') return { at, key, type: 'session.reauthenticated', session };
  return { at, key, session, ...endOf(endReason) };
}

function endOf(reason: EndReason | null): Pick<SecurityLogEntry, 'type' | 'reason'> {
  const type = (name: SessionEvent['type']): Pick<SecurityLogEntry, 'type'> => ({ type: name });
  switch (reason) {
    case 'logout':
      return type('session.logged_out');
    case 'evicted':
      return type('session.evicted');
    case 'idle':
      return type('session.idle_expired');
    default:
      return { ...type('session.revoked'), ...(reason !== null && { reason }) };
  }
}
