import { Injectable } from '@nestjs/common';

import { Clock } from '#kernel';

import { EndSessions } from './end-sessions.js';
import { SessionQueries } from './session-queries.js';

// Each user is a transaction of its own; this is only how many ids are held at a time.
const USERS_AT_ONCE = 500;

/** Ends sessions at an operator's wish. */
@Injectable()
export class RevokeSessions {
  constructor(
    private readonly queries: SessionQueries,
    private readonly ends: EndSessions,
    private readonly clock: Clock,
  ) {}

  /** Returns how many there were. */
  ofUser(userId: string): Promise<number> {
    return this.ends.allOf(userId, 'operator');
  }

  /**
   * One user after the other, so that nobody waits long for a lock. What is opened meanwhile may stay. Returns how many
   * there were; when it fails midway, it can be called again for the rest.
   */
  async ofEverybody(): Promise<number> {
    const begun = this.clock.now();
    let ended = 0;
    let last: string | null = null;
    for (;;) {
      const users: readonly string[] = await this.queries.usersWithSessions(begun, last, USERS_AT_ONCE);
      for (const userId of users) ended += await this.ofUser(userId);
      last = users.at(-1) ?? null;
      if (users.length < USERS_AT_ONCE) return ended;
    }
  }
}
