import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';

import { RequestContext } from '#platform/context';
import { databaseErrorCode } from '#platform/persistence';

import { AnswerRecoveryRequest } from '../application/mail-password-reset.js';
import type { WaitingRequest } from './persistence/recovery-requests.postgres.js';
import { RecoveryBatches } from './recovery-batches.js';
import { RecoveryWake } from './recovery-wake.js';

const CONCURRENCY = 4;
const POLL_MS = 1_000;
const OUTAGE_POLL_MS = 5_000;
const RETRY_SECONDS = 5;
// The wake-up comes from inside of a transaction; by then most have committed.
const COMMIT_MS = 30;

/**
 * Looks at what strangers asked for, in every instance and after they have their answer, so that no time tells whether
 * there was anything to do. Each is taken in the transaction that answers it: a crash leaves it for the next.
 */
@Injectable()
export class RecoveryDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(RecoveryDispatcher.name);
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(
    private readonly batches: RecoveryBatches,
    private readonly answer: AnswerRecoveryRequest,
    private readonly context: RequestContext,
    private readonly wake: RecoveryWake,
  ) {}

  onApplicationBootstrap(): void {
    this.#running ??= this.work();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    this.wake.call();
    await this.#running;
  }

  private async work(): Promise<void> {
    while (!this.isStopping()) {
      const pause = await this.pass();
      if (pause === 0 || this.isStopping()) continue;
      if (await this.wake.wait(pause)) await commit();
    }
  }

  // A method, because the flag changes while its readers wait.
  private isStopping(): boolean {
    return this.#stopping;
  }

  /** Returns for how many milliseconds to wait before the next look. */
  private async pass(): Promise<number> {
    try {
      const { groups, isFull } = await this.batches.next();
      await this.answerAll([...groups]);
      return isFull ? 0 : POLL_MS;
    } catch (error) {
      this.#logger.warn({ event: 'recovery.requests_unreachable', code: databaseErrorCode(error) ?? 'unknown' });
      return OUTAGE_POLL_MS;
    }
  }

  private async answerAll(groups: (readonly WaitingRequest[])[]): Promise<void> {
    const takeTurns = async (): Promise<void> => {
      for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
        for (const request of group) {
          if (this.isStopping()) return;
          await this.handle(request);
        }
      }
    };
    // All of them settle before an error leaves: nothing goes on unwatched.
    const turns = await Promise.allSettled(Array.from({ length: CONCURRENCY }, takeTurns));
    const failed = turns.find((turn) => turn.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private async handle(request: WaitingRequest): Promise<void> {
    try {
      await this.context.run(request.origin, { type: 'anonymous' }, () => this.answer.execute(request));
    } catch (error) {
      const code = databaseErrorCode(error) ?? (error instanceof Error ? error.name : 'unknown');
      this.#logger.warn({ event: 'recovery.request_failed', jobId: request.id, code });
      // Where the database is away this throws, and the whole look is made again later.
      await this.batches.postpone(request.id, RETRY_SECONDS);
    }
  }
}

async function commit(): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, COMMIT_MS);
  });
}
