import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { MetricsRegistry, type LabelledCounter } from '#platform/metrics';
import { databaseErrorCode } from '#platform/persistence';

import { MfaQueries } from '../application/mfa-queries.js';
import { MfaMetrics, type ProofOutcome } from '../application/ports.js';
import { FACTOR_METHODS, type FactorMethodName } from '../domain/methods.js';

const OUTCOMES: readonly ProofOutcome[] = [
  'succeeded',
  'wrong_code',
  'used_code',
  'no_such_factor',
  'too_many_attempts',
  'no_proof',
];
const NO_METHOD = 'none';
// The figure moves slowly, and every instance asks for it.
const COUNT_EVERY_MS = 300_000;
const FIRST_COUNT_MS = 5_000;

/** `/metrics`: what becomes of proofs, how often somebody is locked out, and how many users have a second factor. */
@Injectable()
export class PrometheusMfaMetrics extends MfaMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(PrometheusMfaMetrics.name);
  readonly #proofs: ReadonlyMap<string, LabelledCounter>;
  readonly #lockouts: LabelledCounter;
  #enrolment = { enrolled: 0, active: 0 };
  #timer: NodeJS.Timeout | undefined;
  #counting: Promise<void> = Promise.resolve();

  constructor(
    metrics: MetricsRegistry,
    private readonly queries: MfaQueries,
  ) {
    super();
    this.#proofs = metrics.counters(
      'mfa_proofs_total',
      'Proofs of a second factor, by method and by what became of them',
      { label: 'method', kinds: [...FACTOR_METHODS, NO_METHOD] },
      { label: 'outcome', kinds: OUTCOMES },
    );
    this.#lockouts = metrics.counter('mfa_lockouts_total', 'Users who used up their wrong codes', 'after', [
      'wrong_codes',
    ]);
    const help =
      'Active users with and without a second factor, as of at most five minutes ago; estimated where they are many';
    metrics.gauges('mfa_users', help, 'second_factor', () => {
      const { enrolled, active } = this.#enrolment;
      return { enrolled, missing: active - enrolled };
    });
  }

  proof(method: FactorMethodName | null, outcome: ProofOutcome): void {
    this.#proofs.get(method ?? NO_METHOD)?.increment(outcome);
  }

  lockedOut(): void {
    this.#lockouts.increment('wrong_codes');
  }

  onApplicationBootstrap(): void {
    this.countAfter(FIRST_COUNT_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#counting;
  }

  /** Counts the users now. */
  async count(): Promise<void> {
    try {
      this.#enrolment = await this.queries.enrolment();
    } catch (error) {
      this.#logger.warn({ event: 'mfa_users_not_counted', code: databaseErrorCode(error) ?? 'unknown' });
    }
  }

  private countAfter(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      this.#counting = this.count();
      this.countAfter(COUNT_EVERY_MS);
    }, milliseconds);
    this.#timer.unref();
  }
}
