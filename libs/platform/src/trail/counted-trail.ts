import { randomUUID } from 'node:crypto';

import { Logger } from '@nestjs/common';

import type { Actor, RequestContext, RequestInfo } from '#platform/context';
import { clientNetwork } from '#platform/logging';
import { databaseErrorCode } from '#platform/persistence';

// Of a pool that nobody else uses any more. A stop has five seconds for everything.
const AT_CLOSE = 8;

/** Something that happened, and may go on happening. */
export interface Trace<Fact> {
  /** What happens under one key is told of together. */
  readonly key: string;
  readonly fact: Fact;
  /** As which request the first is told of, and from where each came; by itself that is the one at work. */
  readonly info?: RequestInfo;
  /** Whose doing all of them are; by itself that is whoever is at work. */
  readonly actor?: Actor;
}

export interface TrailTerms<Fact> {
  /** What the log says when events could not be kept, with how many. */
  readonly untold: string;
  readonly windowMs: number;
  /** Keys that are told apart in one window. */
  readonly most: number;
  /** Tells of so many. They are kept once it resolves. */
  readonly tell: (fact: Fact, count: number) => Promise<void>;
}

/** Things that no event has told of yet. */
interface Many {
  readonly count: number;
  /** An address in the network that all of them came from, if it is one. */
  readonly ip: string | undefined;
}

interface Tally<Fact> {
  readonly key: string;
  readonly fact: Fact;
  /** Of the first one. */
  info: RequestInfo;
  readonly actor: Actor;
  untold: Many;
  /** Events of it that are on their way. */
  underWay: number;
  /** The first one was to be waited for, and could not be kept: the next one is. */
  isRefused: boolean;
}

/**
 * Tells of what may come in floods without becoming a way to fill the outbox: the first of a key at once, as the request
 * that it was, and the rest as a number once a window. A number whose event could not be kept is told with the next
 * one. A process that is killed takes the numbers of its last window with it.
 */
export class CountedTrail<Fact> {
  readonly #logger = new Logger('CountedTrail');
  readonly #tallies = new Map<string, Tally<Fact>>();
  /** First ones that nobody waits for. */
  readonly #firsts = new Set<Promise<void>>();
  #telling: Promise<void> | undefined;
  #isClosing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly context: RequestContext,
    private readonly terms: TrailTerms<Fact>,
  ) {}

  /**
   * Once more; nobody waits for it, and it does not fail.
   *
   * @param others what it counts as when its key is one too many
   */
  count(trace: Trace<Fact>, others: () => Trace<Fact>): void {
    const first = this.#add(trace, others);
    if (first === undefined) return;
    const told: Promise<void> = this.#send(first, 1, first.info)
      // It is in the tally again.
      .catch(() => undefined)
      .finally(() => this.#firsts.delete(told));
    this.#firsts.add(told);
  }

  /**
   * Once more. Of the first one of a key the event is kept when this resolves, and nothing is when it rejects: whoever
   * comes next is the first again. Nobody waits for the rest.
   */
  async note(trace: Trace<Fact>, others: () => Trace<Fact>): Promise<void> {
    const first = this.#add(trace, others);
    if (first === undefined) return;
    try {
      await this.#send(first, 1, first.info, 0);
    } catch (error) {
      first.isRefused = true;
      this.#forget(first);
      throw error;
    }
  }

  /** Of all that no event has told of yet; never twice at the same time. */
  async tellAll(): Promise<void> {
    this.#telling ??= this.#tellEach().finally(() => {
      this.#telling = undefined;
    });
    await this.#telling;
  }

  /** Before the process ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#isClosing = true;
    // What these have passed by, or could not keep, is for the last time.
    await Promise.all([this.#telling, ...this.#firsts]);
    await this.tellAll();
  }

  /** The tally, if this is its first one. */
  #add(trace: Trace<Fact>, others: () => Trace<Fact>): Tally<Fact> | undefined {
    const isKnown = this.#tallies.has(trace.key) || this.#tallies.size < this.terms.most;
    const { key, fact, actor = this.context.actor, ...meant } = isKnown ? trace : others();
    const info = meant.info ?? this.context.info ?? { requestId: randomUUID(), language: 'en' };
    const known = this.#tallies.get(key);
    if (known?.isRefused === true) {
      Object.assign(known, { info, isRefused: false });
      return known;
    }
    if (known !== undefined) {
      known.untold = together(known.untold, { count: 1, ip: info.ip });
      return undefined;
    }
    const tally = { key, fact, info, actor, untold: NONE, underWay: 0, isRefused: false };
    this.#tallies.set(key, tally);
    this.#timer ??= setInterval(() => void this.tellAll(), this.terms.windowMs).unref();
    return tally;
  }

  /** One after the other: hundreds of keys are no reason for as many transactions at once, unless the process ends. */
  async #tellEach(): Promise<void> {
    const codes: string[] = [];
    const isLast = this.#isClosing;
    const left = [...this.#tallies.values()].values();
    const take = async (): Promise<void> => {
      for (const tally of left) {
        if (this.#isClosing && !isLast) return;
        // Quiet for a whole window: the next one is a first one again.
        if (tally.untold.count === 0) this.#forget(tally);
        else await this.#tellNumber(tally).catch((error: unknown) => codes.push(codeOf(error)));
      }
    };
    await Promise.all(Array.from({ length: isLast ? AT_CLOSE : 1 }, take));
    if (codes.length > 0) {
      this.#logger.warn({ event: this.terms.untold, count: codes.length, code: codes.at(-1) });
    }
  }

  #tellNumber(tally: Tally<Fact>): Promise<void> {
    const { count, ip } = tally.untold;
    tally.untold = NONE;
    // No request of them, because it is many; from where they came all the same, if that is one network.
    return this.#send(tally, count, { requestId: randomUUID(), ip, language: tally.info.language });
  }

  async #send(tally: Tally<Fact>, count: number, info: RequestInfo, kept = count): Promise<void> {
    const { fact, actor } = tally;
    tally.underWay += 1;
    try {
      await this.context.run(info, actor, () => this.terms.tell(fact, count));
    } catch (error) {
      tally.untold = together(tally.untold, { count: kept, ip: info.ip });
      throw error;
    } finally {
      tally.underWay -= 1;
    }
  }

  /** Unless there is something to be told of yet, or will be if an event fails that is on its way. */
  #forget(tally: Tally<Fact>): void {
    const isDone = tally.untold.count === 0 && tally.underWay === 0;
    if (isDone && this.#tallies.get(tally.key) === tally) this.#tallies.delete(tally.key);
  }
}

const NONE: Many = { count: 0, ip: undefined };

function together(one: Many, other: Many): Many {
  if (one.count === 0 || other.count === 0) return one.count === 0 ? other : one;
  const isSame = one.ip === other.ip || clientNetwork(one.ip) === clientNetwork(other.ip);
  return { count: one.count + other.count, ip: isSame ? one.ip : undefined };
}

function codeOf(error: unknown): string {
  return databaseErrorCode(error) ?? 'unknown';
}
