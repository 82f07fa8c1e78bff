import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';
import { RequestContext, type Actor, type RequestInfo } from '#platform/context';
import { CountedTrail, type Trace } from '#platform/trail';

import type { RateLimited } from '../domain/events.js';

const WINDOW_MS = 60_000;
/** Callers that are told apart in one window; those of more are counted together, by what they are. */
const MOST_CALLERS = 500;

interface RefusedCalls extends Pick<RateLimited['data'], 'caller' | 'route'> {
  readonly userId: string | null;
}

/** Calls over the rate limit: the first of a caller at once, the rest as a number once a minute. Nobody waits for it. */
@Injectable()
export class RateLimitTrail implements BeforeApplicationShutdown {
  readonly #trail: CountedTrail<RefusedCalls>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    context: RequestContext,
  ) {
    this.#trail = new CountedTrail(context, {
      untold: 'rate_limit_refusals_untold',
      windowMs: WINDOW_MS,
      most: MOST_CALLERS,
      tell: (calls, count) => this.#tell(calls, count),
    });
  }

  /** @param subject as the rate limit names it: `user:…`, `key:…` or `address:…` */
  refused(subject: string, info: RequestInfo, route: string): void {
    const trace = traceOf(subject, route, info);
    const { caller } = trace.fact;
    // They are many: about none of them, whoever is the first.
    this.#trail.count(trace, () => ({
      ...{ key: `others ${caller}`, fact: { caller, route, userId: null } },
      ...{ info, actor: { type: 'anonymous' } },
    }));
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#trail.close();
  }

  #tell({ userId, caller, route }: RefusedCalls, count: number): Promise<void> {
    const data = { caller, route, count };
    const event: RateLimited = { type: 'access.rate_limited', userId, occurredAt: this.clock.now(), data };
    return this.uow.tell(event);
  }
}

function traceOf(key: string, route: string, info: RequestInfo): Trace<RefusedCalls> {
  const [kind, id = ''] = key.split(':', 2);
  const trace = (caller: RefusedCalls['caller'], userId: string | null, actor: Actor): Trace<RefusedCalls> => ({
    ...{ key, info, actor },
    fact: { caller, userId, route },
  });
  if (kind === 'user') return trace('user', id, { type: 'user', id });
  if (kind === 'key') return trace('api_key', null, { type: 'service', apiKeyId: id });
  return trace('address', null, { type: 'anonymous' });
}
