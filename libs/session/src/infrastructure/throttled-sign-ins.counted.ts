import { randomUUID } from 'node:crypto';

import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';

import { RequestContext, type RequestInfo } from '#platform/context';
import { clientSite } from '#platform/logging';
import { databaseErrorCode } from '#platform/persistence';

import { TellThrottledSignIns, ThrottledSignIns, type ThrottledSignIn } from '../application/throttled-sign-ins.js';

const WINDOW_MS = 10_000;
/** Told apart in one window by account, limit and network; a flood of more is counted together. */
const MOST = 500;

interface Tally {
  readonly signIn: ThrottledSignIn;
  readonly info: RequestInfo;
  /** Refusals that no event has told of yet. */
  count: number;
}

/**
 * Tells of refusals without becoming a way to fill the outbox: the first at an account from a network at once, the rest
 * as a number every ten seconds. A process that is killed takes the numbers of its last seconds with it.
 */
@Injectable()
export class CountedThrottledSignIns extends ThrottledSignIns implements BeforeApplicationShutdown {
  readonly #logger = new Logger(CountedThrottledSignIns.name);
  readonly #tallies = new Map<string, Tally>();
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly tell: TellThrottledSignIns,
    private readonly context: RequestContext,
  ) {
    super();
  }

  refused(signIn: ThrottledSignIn): void {
    const { name, ...first } = this.#tallyOf(signIn);
    const known = this.#tallies.get(name);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const tally = { ...first, count: 0 };
    this.#tallies.set(name, tally);
    this.#timer ??= setInterval(() => void this.tellAll(), WINDOW_MS).unref();
    void this.#send(tally, 1, tally.info);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.tellAll();
    await Promise.all(this.#underWay);
  }

  /** Of all that no event has told of yet. One after the other: hundreds are no reason for as many transactions at once. */
  async tellAll(): Promise<void> {
    for (const [name, tally] of [...this.#tallies]) {
      const { count, info } = tally;
      tally.count = 0;
      // Quiet for a whole window: the next refusal is a first one again.
      if (count === 0) this.#tallies.delete(name);
      else await this.#send(tally, count, { ...info, requestId: randomUUID() });
    }
  }

  #tallyOf(signIn: ThrottledSignIn): { name: string; signIn: ThrottledSignIn; info: RequestInfo } {
    const info = this.context.info ?? { requestId: randomUUID(), language: 'en' };
    const name = [signIn.userId ?? '', signIn.by, info.ip === undefined ? '' : clientSite(info.ip)].join(' ');
    if (this.#tallies.size < MOST || this.#tallies.has(name)) return { name, signIn, info };
    // Of many accounts and networks: of none of them.
    const { requestId, language } = info;
    return { name: signIn.by, signIn: { userId: null, by: signIn.by }, info: { requestId, language } };
  }

  #send(tally: Tally, count: number, info: RequestInfo): Promise<void> {
    const sent = this.context
      .run(info, { type: 'anonymous' }, () => this.tell.execute(tally.signIn, count))
      .catch((error: unknown) => {
        // The next event tells of these as well.
        tally.count += count;
        this.#logger.warn({ event: 'sign_in_refusals_untold', code: databaseErrorCode(error) ?? 'unknown' });
      })
      .finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
    return sent;
  }
}
