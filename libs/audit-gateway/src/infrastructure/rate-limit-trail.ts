import { randomUUID } from 'node:crypto';

import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';
import { RequestContext, type Actor, type RequestInfo } from '#platform/context';
import { AppLogger } from '#platform/logging';

import type { RateLimited } from '../domain/events.js';

const WINDOW_MS = 60_000;
/** Callers that are told apart in one window; a flood from more addresses is counted together. */
const MOST_CALLERS = 500;

type Caller = Pick<RateLimited['data'], 'caller'> & { readonly userId: string | null; readonly actor: Actor };

interface Tally extends Caller {
  readonly info: RequestInfo;
  readonly route: string;
  /** Refusals that no event has told of yet. */
  count: number;
}

const ANONYMOUS: Caller = { caller: 'address', userId: null, actor: { type: 'anonymous' } };

/**
 * Tells of calls over the rate limit without becoming a way to fill the outbox: the first of a caller at once, the rest
 * as a number once a minute. Nobody waits for it.
 */
@Injectable()
export class RateLimitTrail implements BeforeApplicationShutdown {
  readonly #tallies = new Map<string, Tally>();
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly context: RequestContext,
    private readonly logger: AppLogger,
  ) {}

  /** @param subject as the rate limit names it: `user:…`, `key:…` or `address:…` */
  refused(subject: string, info: RequestInfo, route: string): void {
    const name = this.#tallies.size < MOST_CALLERS || this.#tallies.has(subject) ? subject : 'others';
    const known = this.#tallies.get(name);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    // Many addresses have no one network.
    const told = name === subject ? info : { requestId: info.requestId, language: info.language };
    const tally: Tally = { ...callerOf(name), info: told, route, count: 0 };
    this.#tallies.set(name, tally);
    void this.tell(tally, 1, told);
    this.#timer ??= setInterval(() => {
      void this.tellAll();
    }, WINDOW_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.tellAll();
    await Promise.all(this.#underWay);
  }

  /** One after the other: hundreds of callers are no reason for hundreds of transactions at once. */
  private async tellAll(): Promise<void> {
    for (const [name, tally] of [...this.#tallies]) {
      const { count, info } = tally;
      tally.count = 0;
      // Quiet for a whole window: the next refusal is a first one again.
      if (count === 0) this.#tallies.delete(name);
      else await this.tell(tally, count, { ...info, requestId: randomUUID() });
    }
  }

  private tell(tally: Tally, count: number, info: RequestInfo): Promise<void> {
    const { caller, userId, actor, route } = tally;
    const event: RateLimited = {
      type: 'access.rate_limited',
      userId,
      occurredAt: this.clock.now(),
      data: { caller, route, count },
    };
    const told = this.context
      .run(info, actor, () => this.uow.tell(event))
      .catch((error: unknown) => {
        // The next event tells of these as well.
        tally.count += count;
        this.logger.warn({ event: 'audit.rate_limit_untold', err: error }, 'Refused calls could not be told of');
      })
      .finally(() => this.#underWay.delete(told));
    this.#underWay.add(told);
    return told;
  }
}

function callerOf(subject: string): Caller {
  const [kind, id = ''] = subject.split(':', 2);
  if (kind === 'user') return { caller: 'user', userId: id, actor: { type: 'user', id } };
  if (kind === 'key') return { caller: 'api_key', userId: null, actor: { type: 'service', apiKeyId: id } };
  return ANONYMOUS;
}
