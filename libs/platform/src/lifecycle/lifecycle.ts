import { Injectable } from '@nestjs/common';

/** `starting` until every module is up; `draining` from the first signal to stop; `stopped` once nothing is accepted. */
export type Phase = 'starting' | 'serving' | 'draining' | 'stopped';

const ORDER: readonly Phase[] = ['starting', 'serving', 'draining', 'stopped'];

/** Where this process is in its life. It only moves forward. */
@Injectable()
export class Lifecycle {
  #phase: Phase = 'starting';

  get phase(): Phase {
    return this.#phase;
  }

  /** True from the first signal to stop: readiness fails, and kept connections are given up one by one. */
  get isLeaving(): boolean {
    return this.#phase === 'draining' || this.#phase === 'stopped';
  }

  advance(to: Phase): void {
    if (ORDER.indexOf(to) > ORDER.indexOf(this.#phase)) this.#phase = to;
  }
}
