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
  /** Events of it that are on their way. */
  underWay: number;
}

/**
 * Tells of refusals without becoming a way to fill the outbox: the first at an account from a network at once, the rest
 * as a number every ten seconds. A process that is killed takes the numbers of its last seconds with it.
 */
@Injectable()
export class CountedThrottledSignIns extends ThrottledSignIns implements BeforeApplicationShutdown {
  readonly #logger = new Logger(CountedThrottledSignIns.name);
  readonly #tallies = new Map<string, Tally>();
  #telling: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly tell: TellThrottledSignIns,
    private readonly context: RequestContext,
  ) {
    super();
  }

  async refused(signIn: ThrottledSignIn): Promise<void> {
    const { name, ...first } = this.#tallyOf(signIn);
    const known = this.#tallies.get(name);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const tally = { ...first, count: 0, underWay: 0 };
    this.#tallies.set(name, tally);
    this.#timer ??= setInterval(() => void this.tellAll(), WINDOW_MS).unref();
    try {
      await this.#send(tally, 1, tally.info);
    } catch (error) {
      // Whoever is refused next is the first again.
      if (tally.count === 0) this.#tallies.delete(name);
      throw error;
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    // What one that is under way has passed by already.
    await this.#telling;
    await this.tellAll();
  }

  /** Of all that no event has told of yet. One after the other: hundreds are no reason for as many transactions at once. */
  async tellAll(): Promise<void> {
    this.#telling ??= this.#tellEach().finally(() => {
      this.#telling = undefined;
    });
    await this.#telling;
  }

  async #tellEach(): Promise<void> {
    for (const [name, tally] of [...this.#tallies]) {
      const { count, info } = tally;
      tally.count = 0;
      if (count > 0) await this.#tellAgain(tally, count, info);
      // Quiet for a whole window: the next refusal is a first one again.
      else if (tally.underWay === 0) this.#tallies.delete(name);
    }
  }

  async #tellAgain(tally: Tally, count: number, info: RequestInfo): Promise<void> {
    try {
      await this.#send(tally, count, { ...info, requestId: randomUUID() });
    } catch (error) {
      // The next event tells of these as well.
      tally.count += count;
      this.#logger.warn({ event: 'sign_in_refusals_untold', code: databaseErrorCode(error) ?? 'unknown' });
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

  async #send(tally: Tally, count: number, info: RequestInfo): Promise<void> {
    tally.underWay += 1;
    try {
      await this.context.run(info, { type: 'anonymous' }, () => this.tell.execute(tally.signIn, count));
    } finally {
      tally.underWay -= 1;
    }
  }
}
