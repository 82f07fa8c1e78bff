import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';

import { AppLogger } from '#platform/logging';
import { type LabelledCounter, MetricsRegistry } from '#platform/metrics';
import { databaseErrorCode } from '#platform/persistence';

import { backoffSeconds } from './backoff.js';
import { UndeliverableMail } from './mail-errors.js';
import { MailSender } from './mail-sender.js';
import { type ClaimedMail, MailStore } from './mail-store.js';
import { MailWake } from './mail-wake.js';
import type { Recipient } from './recipients.js';

const BATCH = 20;
const CONCURRENCY = 4;
// A transaction for each would cost a burst of registrations more than all else about their mails; what a crash leaves
// unremoved is sent twice.
const REMOVED_AT_ONCE = 10;
const LEASE_SECONDS = 30;
const SEND_TIMEOUT_MS = 20_000;
// A mail whose turn comes later than this after the claim could outlive its lease while it is sent: it is given back.
const LATEST_START_MS = LEASE_SECONDS * 1_000 - SEND_TIMEOUT_MS - 2_000;
const POLL_MS = 1_000;
// The wake-up comes from inside of a transaction; by then it has committed, and in a rush so have others, whose mails go
// in the same batch: its five statements are what a mail alone costs.
const GATHER_MS = 100;
const FIRST_OUTAGE_POLL_MS = 1_000;
const LAST_OUTAGE_POLL_MS = 30_000;
const WARNING_EVERY_MS = 60_000;
// Together far less than a stop may take as a whole (5 s, shutdown.ts): the pools close after this.
const FINISH_MS = 2_000;
const CUT_MS = 1_000;
const GIVE_UP_AFTER_SECONDS = 24 * 60 * 60;

// `dropped`: the person is gone; `failed`: tried again later; `parked`: waits for an operator.
const OUTCOMES = ['sent', 'dropped', 'failed', 'parked'] as const;
type MailOutcome = (typeof OUTCOMES)[number];

/**
 * Sends the queued mails, in every instance: claim a few, send them outside of any transaction, delete them. At least
 * once: what a crash interrupts is sent again when its lease has run out, under the same Message-ID.
 */
@Injectable()
export class MailDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #mails: LabelledCounter;
  #running: Promise<void> | undefined;
  #stopping = false;
  #outagePollMs = FIRST_OUTAGE_POLL_MS;
  #lastOutageWarning = -Infinity;
  #lastFailureWarning = -Infinity;
  #unreported = { count: 0, code: '' };

  constructor(
    private readonly store: MailStore,
    private readonly sender: MailSender,
    private readonly wake: MailWake,
    private readonly logger: AppLogger,
    metrics: MetricsRegistry,
  ) {
    this.#mails = metrics.counter('mails_total', 'Attempts to send a mail, by outcome.', 'outcome', OUTCOMES);
  }

  onApplicationBootstrap(): void {
    this.#running ??= this.work();
  }

  /** Begins nothing new and gives back what is not being sent. What is has until the stop. */
  rest(): void {
    this.#stopping = true;
    this.wake.call();
  }

  /** Finishes what is being sent, for 2 s at most, then cuts it off, so that another instance can try at once. */
  async beforeApplicationShutdown(): Promise<void> {
    this.rest();
    await this.restedWithin(FINISH_MS);
    this.sender.close();
    await this.restedWithin(CUT_MS);
  }

  private async restedWithin(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([this.#running, patience]);
    clearTimeout(timer);
  }

  private async work(): Promise<void> {
    while (!this.isStopping()) {
      const pause = await this.pass();
      if (pause === 0 || this.isStopping()) continue;
      if ((await this.wake.wait(pause)) && !this.isStopping()) await delay(GATHER_MS);
    }
  }

  // A method, because the flag changes while its readers wait.
  private isStopping(): boolean {
    return this.#stopping;
  }

  /** One look into the queue. Returns for how long to wait before the next, in milliseconds. */
  private async pass(): Promise<number> {
    try {
      // Before the claim: its leases run from some moment while it is at work.
      const latestStart = performance.now() + LATEST_START_MS;
      const claimed = await this.store.claim(BATCH, LEASE_SECONDS);
      this.#outagePollMs = FIRST_OUTAGE_POLL_MS;
      await this.deliverAll(claimed, latestStart);
      return claimed.length < BATCH ? POLL_MS : 0;
    } catch (error) {
      this.reportOutage(error);
      const pause = this.#outagePollMs;
      this.#outagePollMs = Math.min(pause * 2, LAST_OUTAGE_POLL_MS);
      return pause;
    }
  }

  private async deliverAll(claimed: readonly ClaimedMail[], latestStart: number): Promise<void> {
    const people = byPerson(claimed);
    const untried = new Set(claimed.map(({ id }) => id));
    const done: string[] = [];
    const recipients = await this.recipientsOf(claimed);
    const takeTurns = async (): Promise<void> => {
      for (let mails = people.shift(); mails !== undefined; mails = people.shift()) {
        for (const mail of mails) {
          if (this.isStopping() || performance.now() >= latestStart) return;
          untried.delete(mail.id);
          if (await this.deliver(mail, recipients.get(mail.userId))) done.push(mail.id);
          if (done.length >= REMOVED_AT_ONCE) await this.store.remove(done.splice(0));
        }
      }
    };
    // All of them settle before an error leaves: nothing goes on unwatched.
    const turns = await Promise.allSettled(Array.from({ length: CONCURRENCY }, takeTurns));
    this.reportFailures();
    await this.store.remove(done);
    await this.store.release([...untried]);
    const failed = turns.find((turn) => turn.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** What cannot be sent for want of this is given back, so that it need not wait until its lease runs out. */
  private async recipientsOf(claimed: readonly ClaimedMail[]): Promise<ReadonlyMap<string, Recipient>> {
    try {
      return await this.sender.recipientsOf(claimed);
    } catch (error) {
      await this.store.release(claimed.map(({ id }) => id)).catch(() => undefined);
      throw error;
    }
  }

  /** True when the mail is done with and may go from the queue. */
  private async deliver(mail: ClaimedMail, recipient: Recipient | undefined): Promise<boolean> {
    let outcome: MailOutcome;
    try {
      outcome = await this.sender.send(mail, recipient, SEND_TIMEOUT_MS);
    } catch (error) {
      this.#mails.increment(await this.fail(mail, error));
      return false;
    }
    this.#mails.increment(outcome);
    return true;
  }

  private async fail(mail: ClaimedMail, error: unknown): Promise<'failed' | 'parked'> {
    const about = { topic: 'mail', jobId: mail.id, job: mail.template, attempts: mail.attempts, code: codeOf(error) };
    if (error instanceof UndeliverableMail || mail.ageSeconds >= GIVE_UP_AFTER_SECONDS) {
      await this.store.park(mail.id);
      this.logger.warn({ event: 'mail.parked', ...about }, 'A mail cannot be delivered and was set aside');
      return 'parked';
    }
    if (this.#unreported.count === 0) this.#unreported.code = about.code;
    this.#unreported.count += 1;
    const seconds = backoffSeconds(mail.attempts, Math.random());
    await this.store.postpone(mail.id, seconds);
    const delayMs = Math.round(seconds * 1_000);
    this.logger.info({ event: 'mail.failed', ...about, delayMs }, 'A mail could not be sent and is tried again');
    return 'failed';
  }

  /** One line for many: a mail server that is down for hours must be seen, and not bury everything else. */
  private reportFailures(): void {
    const { count, code } = this.#unreported;
    const now = performance.now();
    if (count === 0 || now - this.#lastFailureWarning < WARNING_EVERY_MS) return;
    this.#lastFailureWarning = now;
    this.#unreported = { count: 0, code: '' };
    this.logger.warn({ event: 'mail.delivery_failing', dependency: 'mail', count, code }, 'Mails could not be sent');
  }

  private reportOutage(error: unknown): void {
    const now = performance.now();
    if (now - this.#lastOutageWarning < WARNING_EVERY_MS) return;
    this.#lastOutageWarning = now;
    const code = databaseErrorCode(error) ?? codeOf(error);
    this.logger.warn(
      { event: 'mail.queue_unreachable', dependency: 'database', code },
      'The mail queue cannot be read',
    );
  }
}

/**
 * What one person gets is sent by one turn, in the order in which it was queued: of several links the one on top is the
 * one that works. A mail that fails does not hold up the next, which may be the one that counts.
 */
function byPerson(mails: readonly ClaimedMail[]): ClaimedMail[][] {
  return [...Map.groupBy(mails, ({ userId }) => userId).values()];
}

/** Of an error only its code or class is told: messages of mail servers quote addresses. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

async function delay(ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });
}
