import { Injectable, Optional } from '@nestjs/common';
import { CachedCheck } from './cached-check.js';
import { UP, degraded, type DependencyState } from './dependency-state.js';
import { CacheProbe, HealthSettings } from './health-settings.js';

const TTL_MS = 1_000;
const TIMEOUT_MS = 500;
const NOT_CONFIGURED: DependencyState = { status: 'up', reason: 'not_configured' };

/**
 * Redis. Losing it costs speed, never correctness, so it is never `down`. One that is configured and that nothing uses
 * is `degraded`: whoever set it up expects counters to be shared.
 */
@Injectable()
export class CacheCheck {
  readonly #check: CachedCheck;

  constructor(settings: HealthSettings, @Optional() probe?: CacheProbe) {
    const unused = settings.cacheConfigured ? degraded('not_in_use') : NOT_CONFIGURED;
    const ask = async (): Promise<DependencyState> => {
      if (probe === undefined) return unused;
      await probe.ping();
      return UP;
    };
    this.#check = new CachedCheck(ask, degraded('unreachable'), TTL_MS, TIMEOUT_MS);
  }

  state(): Promise<DependencyState> {
    return this.#check.get();
  }
}
