import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

import { RequestContext } from '#platform/context';
import { CountedTrail } from '#platform/trail';

import type { AccessTokenRejected } from '../domain/access-events.js';
import { NoteRefusedToken, RefusedTokens } from '../application/note-refused-token.js';

const WINDOW_MS = 60_000;
/** Told apart in one window by session and reason; those of more sessions are counted together. */
const MOST_SESSIONS = 1_000;

interface RefusedToken {
  readonly userId: string | null;
  readonly data: Omit<AccessTokenRejected['data'], 'count'>;
}

/** The first refusal of a session at once, as the request that it was; the rest as a number once a minute. */
@Injectable()
export class CountedRefusedTokens extends RefusedTokens implements BeforeApplicationShutdown {
  readonly #trail: CountedTrail<RefusedToken>;

  constructor(note: NoteRefusedToken, context: RequestContext) {
    super();
    this.#trail = new CountedTrail(context, {
      untold: 'refused_tokens_untold',
      windowMs: WINDOW_MS,
      most: MOST_SESSIONS,
      tell: ({ userId, data }, count) => note.execute(userId, { ...data, count }),
    });
  }

  refused(userId: string, sessionId: string, reason: AccessTokenRejected['data']['reason']): void {
    this.#trail.count({ key: `${sessionId} ${reason}`, fact: { userId, data: { sessionId, reason } } }, () => ({
      ...{ key: `others ${reason}`, fact: { userId: null, data: { sessionId: null, reason } } },
      actor: { type: 'anonymous' },
    }));
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#trail.close();
  }
}
