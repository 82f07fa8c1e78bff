import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';

import { databaseErrorCode } from '#platform/persistence';

import { LockedProofs, TellLockedProofs, type LockedProof } from '../application/locked-proofs.js';
import { MfaMetrics } from '../application/ports.js';

const WINDOW_MS = 60_000;
/** Users that are told apart in one window. Whoever is locked knows a password, so that there are few. */
const MOST_USERS = 500;

interface Tally {
  readonly proof: LockedProof;
  /** Refusals that no event has told of yet. */
  count: number;
}

/**
 * Tells of refusals without becoming a way to fill the outbox: the first of a user at once, the rest as a number once a
 * minute. A process that is killed takes the numbers of its last minute with it.
 */
@Injectable()
export class CountedLockedProofs extends LockedProofs implements BeforeApplicationShutdown {
  readonly #logger = new Logger(CountedLockedProofs.name);
  readonly #tallies = new Map<string, Tally>();
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly tell: TellLockedProofs,
    private readonly metrics: MfaMetrics,
  ) {
    super();
  }

  refused(proof: LockedProof): void {
    this.metrics.proof(proof.method, 'too_many_attempts');
    const known = this.#tallies.get(proof.userId);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    if (this.#tallies.size >= MOST_USERS) return;
    const tally = { proof, count: 0 };
    this.#tallies.set(proof.userId, tally);
    this.#timer ??= setInterval(() => {
      this.tellAll();
    }, WINDOW_MS).unref();
    this.send(tally, 1);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.tellAll();
    await Promise.all(this.#underWay);
  }

  private tellAll(): void {
    for (const [userId, tally] of this.#tallies) {
      const { count } = tally;
      tally.count = 0;
      // Quiet for a whole window: the next refusal is a first one again.
      if (count === 0) this.#tallies.delete(userId);
      else this.send(tally, count);
    }
  }

  private send(tally: Tally, count: number): void {
    const sent = this.tell
      .execute(tally.proof, count)
      .catch((error: unknown) => {
        // The next event tells of these as well.
        tally.count += count;
        this.#logger.warn({ event: 'mfa_refusals_untold', code: databaseErrorCode(error) ?? 'unknown' });
      })
      .finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
  }
}
