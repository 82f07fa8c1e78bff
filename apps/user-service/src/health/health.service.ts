import { HttpException, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Lifecycle } from '#platform/lifecycle';
import { AppLogger } from '#platform/logging';
import { UP, down, type DependencyState } from './dependency-state.js';
import { HealthChecks } from './health-checks.js';

export type OverallStatus = 'ok' | 'degraded' | 'error';

/** What a probe is answered with: Terminus' document, with the three overall states of api.md. */
export interface HealthReport {
  readonly status: OverallStatus;
  readonly info: States;
  readonly error: States;
  readonly details: States;
}

type Check = () => DependencyState | Promise<DependencyState>;

/** What the probes ask. `error` means 503: nothing but a drain, a lost database or missing migrations. */
@Injectable()
export class HealthService implements OnApplicationBootstrap {
  readonly #last = new Map<string, string>();
  #wasReady = false;

  constructor(
    private readonly checks: HealthChecks,
    private readonly lifecycle: Lifecycle,
    private readonly terminus: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly logger: AppLogger,
  ) {}

  /** Asks once by itself, so that a start that went well counts even if nobody has probed it. */
  async onApplicationBootstrap(): Promise<void> {
    this.lifecycle.advance('serving');
    await this.startup();
  }

  /** Everything there is to know. */
  full(): Promise<HealthReport> {
    const { database, redis, audit, disk, eventLoop } = this.checks;
    return this.report({ ...this.leaving(), database, redis, audit, disk, eventLoop });
  }

  /** Whether requests should be sent here. */
  ready(): Promise<HealthReport> {
    const { database, redis, audit } = this.checks;
    return this.report({ ...this.leaving(), database, redis, audit });
  }

  /** Whether the start is over: once true, true for ever. */
  async startup(): Promise<HealthReport> {
    if (this.#wasReady) return this.report({ service: () => UP });
    const started = this.lifecycle.phase !== 'starting';
    return this.report({
      service: () => (started ? UP : down('starting')),
      database: this.checks.database,
    });
  }

  private leaving(): Record<string, Check> {
    return this.lifecycle.isLeaving ? { service: () => down('draining') } : {};
  }

  private async report(checks: Readonly<Record<string, Check>>): Promise<HealthReport> {
    const indicators = Object.entries(checks).map(([name, check]) => async (): Promise<HealthIndicatorResult> => {
      const state = await check();
      this.notice(name, state);
      return indicate(this.indicators.check(name), state);
    });
    const result: TerminusResult = await this.terminus.check(indicators).catch(failedResult);
    // Terminus says "shutting_down" of its own accord; here that is the drain's `error`.
    const status = result.status === 'ok' || result.status === 'degraded' ? result.status : 'error';
    const { info = {}, error = {}, details } = result;
    return { status, info, error, details };
  }

  /** Remembers that the start is over, and logs one line when something changes, not one for every probe. */
  private notice(dependency: string, { status, reason }: DependencyState): void {
    if (dependency === 'database' && status === 'up' && this.lifecycle.phase !== 'starting') this.#wasReady = true;
    const previousState = this.#last.get(dependency);
    if (previousState === status) return;
    this.#last.set(dependency, status);
    if (previousState === undefined && status === 'up') return;
    const line = { event: 'dependency_state_changed', dependency, state: status, previousState, reason };
    if (status === 'up') this.logger.info(line, 'a dependency is back');
    else this.logger.warn(line, 'a dependency has changed');
  }
}

type States = Readonly<Partial<Record<string, DependencyState>>>;

interface TerminusResult {
  readonly status: string;
  readonly info?: States | undefined;
  readonly error?: States | undefined;
  readonly details: States;
}

function indicate(
  session: ReturnType<HealthIndicatorService['check']>,
  { status, ...data }: DependencyState,
): HealthIndicatorResult {
  if (status === 'up') return session.up(data);
  return status === 'degraded' ? session.degraded(data) : session.down(data);
}

/** Terminus throws its document when something is down. */
function failedResult(error: unknown): TerminusResult {
  if (error instanceof HttpException) return error.getResponse() as TerminusResult;
  throw error;
}
