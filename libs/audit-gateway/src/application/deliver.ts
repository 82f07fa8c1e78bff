import { Injectable } from '@nestjs/common';

import { DeliveryMonitor, OutboxLanes, Pacing } from './ports.js';
import { ShipLane } from './ship-lane.js';

const FIRST_OUTAGE_PAUSE_MS = 250;
const LAST_OUTAGE_PAUSE_MS = 5_000;
const POLL_MS = 1_000;

/** Looks for lanes to ship. As many may look at once as are wanted to work side by side. */
@Injectable()
export class Deliver {
  #prepared = false;
  #outagePauseMs = FIRST_OUTAGE_PAUSE_MS;

  constructor(
    private readonly lanes: OutboxLanes,
    private readonly shipLane: ShipLane,
    private readonly monitor: DeliveryMonitor,
    private readonly pacing: Pacing,
  ) {}

  /**
   * Ships one lane, if one is waiting and the Audit Service may be asked.
   *
   * @param onFound called when there is a lane, before it is shipped: there may be more
   * @returns milliseconds to wait before the next look: 0 when there was something to do
   */
  async execute(isStopping: () => boolean, onFound: () => void): Promise<number> {
    try {
      const pause = await this.look(isStopping, onFound);
      this.#outagePauseMs = FIRST_OUTAGE_PAUSE_MS;
      return pause;
    } catch (error) {
      this.monitor.outage(error);
      const pause = this.#outagePauseMs;
      this.#outagePauseMs = Math.min(pause * 2, LAST_OUTAGE_PAUSE_MS);
      return pause;
    }
  }

  /** True while calls of this instance wait for a core: then it ships one lane at a time. */
  othersWait(): boolean {
    return this.pacing.othersWait();
  }

  /** Another instance has seen that the Audit Service is back. */
  resume(): void {
    this.shipLane.breaker.retryNow();
  }

  private async look(isStopping: () => boolean, onFound: () => void): Promise<number> {
    const { breaker } = this.shipLane;
    const wait = breaker.wait(this.pacing.now());
    if (wait > 0) return Math.min(wait, POLL_MS);
    const isProbe = breaker.state(this.pacing.now()) !== 'closed';
    breaker.begin();
    try {
      if (!this.#prepared) await this.lanes.prepare();
      this.#prepared = true;
      const lane = await this.lanes.claim(isProbe);
      if (lane === null) return POLL_MS;
      if (!isProbe) onFound();
      await this.shipLane.execute(lane, isStopping);
      return 0;
    } finally {
      if (isProbe) breaker.abandon();
    }
  }
}
