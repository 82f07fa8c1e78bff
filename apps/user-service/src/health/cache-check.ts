import { Injectable } from '@nestjs/common';
import { CachedCheck } from './cached-check.js';
import { UP, degraded, type DependencyState } from './dependency-state.js';
import { CacheProbe } from './health-settings.js';

const TTL_MS = 1_000;
const TIMEOUT_MS = 500;
const NOT_CONFIGURED: DependencyState = { status: 'up', reason: 'not_configured' };

/** Redis. Losing it costs speed, never correctness, so it is never `down`. */
@Injectable()
export class CacheCheck {
  readonly #check: CachedCheck;

  constructor(probe: CacheProbe) {
    const ask = async (): Promise<DependencyState> => {
      if (!probe.configured) return NOT_CONFIGURED;
      await probe.ping();
      return UP;
    };
    this.#check = new CachedCheck(ask, degraded('unreachable'), TTL_MS, TIMEOUT_MS);
  }

  state(): Promise<DependencyState> {
    return this.#check.get();
  }
}
