import { availableParallelism } from 'node:os';

import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';

import { DomainError, type ErrorKind } from '#kernel';

import { ComeBack } from './come-back.js';
import { yieldToEventLoop } from './hash-threads.js';
import { LoopLoad } from './loop-load.js';

/** The service has more work than it can do in time; nothing was done for this call. */
export class Overloaded extends DomainError {
  readonly code = 'overloaded';
  readonly kind: ErrorKind = 'overloaded';

  constructor(override readonly retryAfterSeconds: number) {
    super('Too much work is waiting');
  }
}

export abstract class HashGateSettings {
  /** Hashes at work at once; `undefined` is one for each core. */
  abstract readonly concurrency: number | undefined;
  /** How many calls may wait; the next one is refused at once. */
  abstract readonly queueLimit: number;
  /** How long a call may wait before it is refused, in milliseconds. */
  abstract readonly maxWaitMs: number;
}

interface Waiting {
  readonly start: () => void;
}

/**
 * Lets as many password hashes run as there are cores, queues a bounded number and refuses the rest. More at once
 * finish no sooner, and libuv's four threads would take the event loop's core away from every other request. While the
 * event loop is busy all the time one core is left to it: hashes that share it keep its caches for themselves, whatever
 * their priority.
 */
@Injectable()
export class HashGate implements OnApplicationBootstrap {
  readonly #concurrency: number;
  readonly #waiting = new Set<Waiting>();
  readonly #comeBack = new ComeBack();
  #active = 0;
  #rejected = 0;

  constructor(
    private readonly settings: HashGateSettings,
    private readonly loop: Pick<LoopLoad, 'isBusy'> = new LoopLoad(),
  ) {
    this.#concurrency = settings.concurrency ?? availableParallelism();
  }

  async onApplicationBootstrap(): Promise<void> {
    await yieldToEventLoop();
  }

  /** Runs `hash` when its turn comes; throws {@link Overloaded} when that would take too long. */
  async run<T>(hash: () => Promise<T>): Promise<T> {
    // Who waits implies who is at work, so that a turn comes; one core more is theirs first.
    if (this.#waiting.size > 0 || this.#active >= this.#limit()) await this.#turn();
    else this.#active += 1;
    const started = performance.now();
    try {
      return await hash();
    } finally {
      this.#comeBack.took(performance.now() - started);
      this.#release();
    }
  }

  /** Throws {@link Overloaded} when a hash asked for now would be refused at once: before anything is done for it. */
  refuseIfFull(): void {
    if (this.#waiting.size >= this.settings.queueLimit) throw this.#refuse();
  }

  get stats(): { active: number; queued: number; rejected: number } {
    return { active: this.#active, queued: this.#waiting.size, rejected: this.#rejected };
  }

  // Never less than one, so that whoever waits is started by the end of another.
  #limit(): number {
    return this.#concurrency > 1 && this.loop.isBusy() ? this.#concurrency - 1 : this.#concurrency;
  }

  // Whoever waits starts before this returns, so that nobody overtakes the queue.
  #release(): void {
    this.#active -= 1;
    const limit = this.#limit();
    for (const next of this.#waiting) {
      if (this.#active >= limit) return;
      this.#waiting.delete(next);
      this.#active += 1;
      next.start();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.size >= this.settings.queueLimit) return Promise.reject(this.#refuse());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        start: () => {
          clearTimeout(deadline);
          resolve();
        },
      };
      const deadline = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(this.#refuse());
      }, this.settings.maxWaitMs);
      this.#waiting.add(waiting);
    });
  }

  #refuse(): Overloaded {
    this.#rejected += 1;
    return new Overloaded(this.#comeBack.next(this.#waiting.size, this.#limit(), performance.now()));
  }
}
