import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';

import type { AccessTokenRejected } from '../domain/access-events.js';
import { NoteRefusedToken, RefusedTokens } from '../application/note-refused-token.js';

const WINDOW_MS = 60_000;
/** Sessions that are told apart in one window. Each needs a token that was good once, so there are no more by guessing. */
const MOST_SESSIONS = 1_000;

interface Tally {
  readonly userId: string;
  readonly data: Omit<AccessTokenRejected['data'], 'count'>;
  /** Refusals that no event has told of yet. */
  count: number;
}

/** The first refusal of a session at once, as the request that it was; the rest as a number once a minute. */
@Injectable()
export class CountedRefusedTokens extends RefusedTokens implements BeforeApplicationShutdown {
  readonly #logger = new Logger('RefusedTokens');
  readonly #tallies = new Map<string, Tally>();
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly note: NoteRefusedToken) {
    super();
  }

  refused(userId: string, sessionId: string, reason: AccessTokenRejected['data']['reason']): void {
    const name = `${sessionId} ${reason}`;
    const known = this.#tallies.get(name);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    if (this.#tallies.size >= MOST_SESSIONS) return;
    const tally: Tally = { userId, data: { sessionId, reason }, count: 0 };
    this.#tallies.set(name, tally);
    void this.tell(tally, 1);
    this.#timer ??= setInterval(() => void this.tellAll(), WINDOW_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.tellAll();
    await Promise.all(this.#underWay);
  }

  /** One after the other: a thousand sessions are no reason for a thousand transactions at once. */
  private async tellAll(): Promise<void> {
    for (const [name, tally] of [...this.#tallies]) {
      const { count } = tally;
      tally.count = 0;
      // Quiet for a whole window: the next refusal is a first one again.
      if (count === 0) this.#tallies.delete(name);
      else await this.tell(tally, count);
    }
  }

  private tell(tally: Tally, count: number): Promise<void> {
    const { userId, data } = tally;
    const told = this.note
      .execute(userId, { ...data, count })
      .catch((error: unknown) => {
        // Not lost with a failed write: the next event tells of them.
        tally.count += count;
        this.#logger.debug({ event: 'refused_token_untold', err: error });
      })
      .finally(() => this.#underWay.delete(told));
    this.#underWay.add(told);
    return told;
  }
}
