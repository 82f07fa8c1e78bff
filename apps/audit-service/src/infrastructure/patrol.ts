import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { Lifecycle } from '#platform/lifecycle';

import { VerifyLanes } from '../application/lane-states.js';

export abstract class PatrolSettings {
  /** Seconds between two looks; 0: none. */
  abstract readonly seconds: number;
}

/** Looks at all lanes again and again, so that an alteration is known although nobody asks. */
@Injectable()
export class Patrol implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger('Patrol');
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #wasOk = true;
  /** Since the start. */
  failures = 0;

  constructor(
    private readonly lanes: VerifyLanes,
    private readonly lifecycle: Lifecycle,
    private readonly settings: PatrolSettings,
  ) {}

  onApplicationBootstrap(): void {
    this.lifecycle.advance('serving');
    if (this.settings.seconds === 0) return;
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.look());
    }, this.settings.seconds * 1_000).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  private async look(): Promise<void> {
    try {
      const { chainOk, lanes } = await this.lanes.current();
      if (!chainOk && this.#wasOk) {
        const broken = lanes.find((lane) => !lane.chainOk);
        const { lane, sequence, kind } = broken?.firstFault ?? {};
        this.#logger.error({ event: 'audit_chain_broken', lane: `${String(lane)}:${String(sequence)}`, reason: kind });
      }
      this.#wasOk = chainOk;
    } catch (error) {
      this.failures += 1;
      this.#logger.warn({ event: 'audit_patrol_failed', err: error });
    }
  }
}
