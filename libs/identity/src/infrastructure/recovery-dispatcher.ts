import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';

import { RequestContext } from '#platform/context';
import { DecryptionFailed } from '#platform/crypto';
import { SecurityLog } from '#platform/http';
import { databaseErrorCode } from '#platform/persistence';

import { AnswerRecoveryRequest } from '../application/mail-password-reset.js';
import { PostgresRecoveryRequests } from './persistence/recovery-requests.postgres.js';
import { RecoveryWake } from './recovery-wake.js';

const AT_ONCE = 20;
const POLL_MS = 1_000;
const OUTAGE_POLL_MS = 5_000;
const RETRY_SECONDS = 5;
// A link that is mailed an hour after it was asked for helps nobody.
const GIVE_UP_AFTER_SECONDS = 3_600;
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
    private readonly requests: PostgresRecoveryRequests,
    private readonly answer: AnswerRecoveryRequest,
    private readonly context: RequestContext,
    private readonly wake: RecoveryWake,
    private readonly securityLog: SecurityLog,
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
      const due = await this.requests.due(AT_ONCE);
      for (const row of due) {
        if (this.isStopping()) break;
        await this.handle(row);
      }
      return due.length < AT_ONCE ? POLL_MS : 0;
    } catch (error) {
      this.#logger.warn({ event: 'recovery.requests_unreachable', code: databaseErrorCode(error) ?? 'unknown' });
      return OUTAGE_POLL_MS;
    }
  }

  private async handle(row: Awaited<ReturnType<PostgresRecoveryRequests['due']>>[number]): Promise<void> {
    try {
      const request = this.requests.open(row);
      await this.context.run(request.origin, { type: 'anonymous' }, () => this.answer.execute(request));
    } catch (error) {
      const code = databaseErrorCode(error) ?? (error instanceof Error ? error.name : 'unknown');
      if (error instanceof DecryptionFailed) this.securityLog.event('crypt_decrypt_fail', { topic: 'recovery' });
      const hopeless = error instanceof DecryptionFailed || row.age_seconds > GIVE_UP_AFTER_SECONDS;
      this.#logger.warn({
        event: hopeless ? 'recovery.request_dropped' : 'recovery.request_failed',
        jobId: row.id,
        code,
      });
      // Where the database is away these throw, and the whole look is made again later.
      if (hopeless) await this.requests.drop(row.id);
      else await this.requests.postpone(row.id, RETRY_SECONDS);
    }
  }
}

async function commit(): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, COMMIT_MS);
  });
}
