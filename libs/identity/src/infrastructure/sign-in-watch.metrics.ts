import { Injectable, Logger } from '@nestjs/common';

import { SecurityLog } from '#platform/http';
import { MetricsRegistry, type LabelledCounter } from '#platform/metrics';
import { databaseErrorCode } from '#platform/persistence';

import { SignInWatch, type ThrottledBy } from '../application/sign-in-attempts.js';

/** Figures for alerts, and lines in the log under their names of the OWASP Logging Vocabulary. */
@Injectable()
export class MeasuredSignInWatch extends SignInWatch {
  readonly #throttled: LabelledCounter;
  readonly #sprays: LabelledCounter;
  readonly #upgrades: LabelledCounter;
  readonly #logger = new Logger(SignInWatch.name);
  #locks = 0;
  #uncounted = 0;
  #afterFailures = 0;

  constructor(
    private readonly securityLog: SecurityLog,
    metrics: MetricsRegistry,
  ) {
    super();
    const attempts = 'Attempts to sign in that were refused for the limit they had reached';
    this.#throttled = metrics.counter('sign_in_throttled_total', attempts, 'by', ['guesses', 'account', 'source']);
    const sprays = 'Failed sign-ins by which one source, or all together, passed what they may fail';
    this.#sprays = metrics.counter('sign_in_sprays_total', sprays, 'scope', ['source', 'everywhere']);
    const upgrades = 'Password hashes that a sign-in found outdated';
    const outcomes = ['upgraded', 'superseded', 'failed'];
    this.#upgrades = metrics.counter('password_hash_upgrades_total', upgrades, 'outcome', outcomes);
    metrics.total('sign_in_locks_total', 'Addresses that were locked for failures in a row', () => this.#locks);
    const uncounted = 'Failed sign-ins that could not be counted on their source';
    metrics.total('sign_in_failures_uncounted_total', uncounted, () => this.#uncounted);
    const late = 'Sign-ins with the right password after several wrong ones';
    metrics.total('sign_in_after_failures_total', late, () => this.#afterFailures);
  }

  throttled(by: ThrottledBy): void {
    this.#throttled.increment(by);
  }

  sprayed(scope: 'source' | 'everywhere'): void {
    this.#sprays.increment(scope);
    // Who it is stands with the request; here it is what happened.
    this.securityLog.event('excess_rate_limit_exceeded', { topic: 'sign_in', reason: scope });
  }

  locked(userId: string | null): void {
    this.#locks += 1;
    this.securityLog.event('authn_login_lock', userId === null ? {} : { userId });
  }

  uncounted(cause: unknown): void {
    this.#uncounted += 1;
    this.#logger.warn({ event: 'sign_in.failure_uncounted', code: databaseErrorCode(cause) ?? 'unknown' });
  }

  succeededAfterFailures(userId: string, failures: number): void {
    this.#afterFailures += 1;
    this.securityLog.event('authn_login_successafterfail', { userId, count: failures });
  }

  upgraded(outcome: 'upgraded' | 'superseded' | 'failed'): void {
    this.#upgrades.increment(outcome);
    if (outcome === 'failed') this.#logger.warn({ event: 'password_not_rehashed' });
  }
}
