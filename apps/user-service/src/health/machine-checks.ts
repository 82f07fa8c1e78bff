import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DiskHealthIndicator } from '@nestjs/terminus';
import { CachedCheck } from './cached-check.js';
import { UP, degraded, type DependencyState } from './dependency-state.js';
import { HealthSettings } from './health-settings.js';

const DISK_TTL_MS = 10_000;
const DISK_TIMEOUT_MS = 500;
const DISK_FULL = 0.95;
// faults-and-slo.md, I11: event loop delay p99 below 200 ms.
const SLOW_MS = 200;
const WINDOW_MS = 10_000;
const RESOLUTION_MS = 20;
const NANOSECONDS = 1e6;

/** Free space. Nothing that is served needs the disk, so a full one is `degraded`. */
@Injectable()
export class DiskCheck {
  readonly #check: CachedCheck;

  constructor(disk: DiskHealthIndicator, settings: HealthSettings) {
    const ask = async (): Promise<DependencyState> => {
      const result = await disk.checkStorage('disk', { path: settings.diskPath, thresholdPercent: DISK_FULL });
      return result.disk.status === 'up' ? UP : degraded('nearly_full');
    };
    this.#check = new CachedCheck(ask, degraded('unreachable'), DISK_TTL_MS, DISK_TIMEOUT_MS);
  }

  state(): Promise<DependencyState> {
    return this.#check.get();
  }
}

/** How late the event loop runs its timers, over the last whole window. */
@Injectable()
export class EventLoopCheck implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #timer: NodeJS.Timeout | undefined;
  #state: DependencyState = UP;

  onApplicationBootstrap(): void {
    this.#delay.enable();
    this.#timer = setInterval(() => {
      this.measure();
    }, WINDOW_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  state(): DependencyState {
    return this.#state;
  }

  /** Closes the window: judges it and starts the next one. */
  measure(): void {
    this.#state = this.#delay.percentile(99) / NANOSECONDS > SLOW_MS ? degraded('slow') : UP;
    this.#delay.reset();
  }
}
