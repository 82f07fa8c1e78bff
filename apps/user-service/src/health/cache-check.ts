import { Injectable, Optional } from '@nestjs/common';
import { CachedCheck } from './cached-check.js';
import { UP, degraded, type DependencyState } from './dependency-state.js';
import { CacheProbe } from './health-settings.js';

const TTL_MS = 1_000;
const TIMEOUT_MS = 500;

/** Redis. Losing it costs speed, never correctness, so it is never `down`. */
@Injectable()
export class CacheCheck {
  readonly #check: CachedCheck;

  constructor(@Optional() probe?: CacheProbe) {
    const ask = async (): Promise<DependencyState> => {
      if (probe === undefined) return { status: 'up', reason: 'not_configured' };
      await probe.ping();
      return UP;
    };
    this.#check = new CachedCheck(ask, degraded('unreachable'), TTL_MS, TIMEOUT_MS);
  }

  state(): Promise<DependencyState> {
    return this.#check.get();
  }
}
