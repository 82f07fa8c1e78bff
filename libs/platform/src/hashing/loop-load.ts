import { performance, type EventLoopUtilization } from 'node:perf_hooks';

// Long enough that a hash's answer is not the load, short enough that a rush is noticed before its queue is full.
const WINDOW_MS = 100;
// Above this share of the time requests wait for the loop; sign-ins alone keep it far below.
const BUSY = 0.9;

/** Whether the event loop has had time to spare of late. */
export class LoopLoad {
  #from: EventLoopUtilization;
  #lookedAt: number;
  #isBusy = false;

  constructor(
    private readonly measure: (since?: EventLoopUtilization) => EventLoopUtilization = (since) =>
      performance.eventLoopUtilization(since),
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#from = measure();
    this.#lookedAt = now();
  }

  /** By the last whole window: what is asked more often costs a subtraction. */
  isBusy(): boolean {
    const now = this.now();
    if (now - this.#lookedAt < WINDOW_MS) return this.#isBusy;
    this.#isBusy = this.measure(this.#from).utilization >= BUSY;
    this.#from = this.measure();
    this.#lookedAt = now;
    return this.#isBusy;
  }
}
