import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import { ResetNotices } from './agree-to-reset.js';
import { FactorResets } from './factor-resets.js';
import { Holders, MfaFactors } from './ports.js';

const AT_ONCE = 20;

/** Takes away every factor of somebody. Inside of a unit of work. */
@Injectable()
export class FactorRemoval {
  constructor(
    private readonly holders: Holders,
    private readonly factors: MfaFactors,
  ) {}

  lock(userId: string): Promise<boolean> {
    return this.holders.lock(userId);
  }

  async all(userId: string, now: Date): Promise<void> {
    await this.factors.removeAll(userId);
    await this.holders.release(userId, now);
  }
}

/** Does the resets whose time has come, each in a transaction of its own. */
@Injectable()
export class RunDueResets {
  constructor(
    private readonly resets: FactorResets,
    private readonly removal: FactorRemoval,
    private readonly notices: ResetNotices,
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** How many were done. */
  async execute(): Promise<number> {
    let done = 0;
    for (const userId of await this.resets.due(this.clock.now(), AT_ONCE)) {
      if (await this.reset(userId)) done += 1;
    }
    return done;
  }

  private async reset(userId: string): Promise<boolean> {
    return this.uow.run(async () => {
      const now = this.clock.now();
      await this.removal.lock(userId);
      const open = await this.resets.findOpenForUpdate(userId);
      // Stopped meanwhile, or done by another instance.
      if (!open?.isDue(now)) return false;
      await this.removal.all(userId, now);
      open.finish(now);
      await this.resets.save(open);
      await this.notices.done(userId, now);
      return true;
    });
  }
}
