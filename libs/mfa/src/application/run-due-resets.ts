import { Injectable } from '@nestjs/common';

import { Clock, UnitOfWork } from '#kernel';

import type { FactorResetState } from '../domain/factor-reset.js';
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

  /** Both who decided are administrators yet. */
  async isStillWanted({ requestedBy, approvedBy }: FactorResetState): Promise<boolean> {
    if (approvedBy === null || !(await this.holders.isAdmin(approvedBy))) return false;
    return this.holders.isAdmin(requestedBy);
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

  /** How many were done, and what kept others from it: one account that cannot be read holds up nobody. */
  async execute(): Promise<{ readonly done: number; readonly failures: readonly unknown[] }> {
    const failures: unknown[] = [];
    let done = 0;
    for (;;) {
      const users = await this.resets.due(this.clock.now(), AT_ONCE, failures.length);
      for (const userId of users) {
        try {
          if (await this.reset(userId)) done += 1;
        } catch (error) {
          failures.push(error);
        }
      }
      if (users.length < AT_ONCE) return { done, failures };
    }
  }

  private async reset(userId: string): Promise<boolean> {
    return this.uow.run(async () => {
      const now = this.clock.now();
      await this.removal.lock(userId);
      const open = await this.resets.findOpenForUpdate(userId);
      // Stopped meanwhile, or done by another instance.
      if (!open?.isDue(now)) return false;
      if (!(await this.removal.isStillWanted(open.state))) {
        open.stop('system', now);
        await this.resets.save(open);
        await this.notices.stopped(userId, now);
        return false;
      }
      await this.removal.all(userId, now);
      open.finish(now);
      await this.resets.save(open);
      await this.notices.done(userId, now);
      return true;
    });
  }
}
