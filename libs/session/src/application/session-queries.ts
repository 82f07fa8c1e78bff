import type { EndReason } from '../domain/events.js';
import type { Page, PageRequest, Position } from './newest-first.js';

/** A live session as its owner sees it. */
export interface SessionSummary {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly deviceName: string | null;
  readonly amr: readonly string[];
  readonly rememberMe: boolean;
}

/** One thing that happened to a session, as far as its row tells. */
export interface SessionMoment extends Position {
  readonly what: 'opened' | 'reauthenticated' | 'ended';
  readonly sessionId: string;
  /** Of the sign-in, so it is there for `opened` only: nobody knows whence a session was ended. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly deviceName: string | null;
  /** With `ended`. */
  readonly endReason: EndReason | null;
}

/** Reads that need no aggregate. */
export abstract class SessionQueries {
  /** All that have neither ended nor expired and whose account has not changed: as many as one may have, in any order. */
  abstract liveOf(userId: string, now: Date): Promise<SessionSummary[]>;
  /** What happened to the sessions of a user since then. */
  abstract momentsOf(userId: string, since: Date, page: PageRequest): Promise<Page<SessionMoment>>;
  /** Users with sessions that have not ended, by their ids in order, after one of them. */
  abstract usersWithSessions(now: Date, after: string | null, limit: number): Promise<string[]>;
}
