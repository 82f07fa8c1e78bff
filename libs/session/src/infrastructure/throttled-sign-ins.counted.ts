import { randomUUID } from 'node:crypto';

import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

import { RequestContext } from '#platform/context';
import { clientSite } from '#platform/logging';
import { CountedTrail, type Trace } from '#platform/trail';

import { TellThrottledSignIns, ThrottledSignIns, type ThrottledSignIn } from '../application/throttled-sign-ins.js';

const WINDOW_MS = 10_000;
/** Told apart in one window by account, limit and network; a flood of more is counted together. */
const MOST = 500;

/** The first at an account from a network at once, the rest as a number every ten seconds. */
@Injectable()
export class CountedThrottledSignIns extends ThrottledSignIns implements BeforeApplicationShutdown {
  readonly #trail: CountedTrail<ThrottledSignIn>;

  constructor(
    tell: TellThrottledSignIns,
    private readonly context: RequestContext,
  ) {
    super();
    this.#trail = new CountedTrail(context, {
      untold: 'sign_in_refusals_untold',
      windowMs: WINDOW_MS,
      most: MOST,
      tell: (signIn, count) => tell.execute(signIn, count),
    });
  }

  refused(signIn: ThrottledSignIn): Promise<void> {
    const info = this.context.info ?? { requestId: randomUUID(), language: 'en' };
    const { userId, by } = signIn;
    const key = [userId ?? '', by, info.ip === undefined ? '' : clientSite(info.ip)].join(' ');
    const traceOf = (key: string, fact: ThrottledSignIn): Trace<ThrottledSignIn> => ({
      ...{ key, fact, info, actor: { type: 'anonymous' } },
    });
    // They are many: about none of the accounts, whoever is the first.
    return this.#trail.note(traceOf(key, signIn), () => traceOf(by, { userId: null, by }));
  }

  /** Of all that no event has told of yet. */
  tellAll(): Promise<void> {
    return this.#trail.tellAll();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#trail.close();
  }
}
